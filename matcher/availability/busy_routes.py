"""Busy times from one's own calendar: look first, then keep, replace, remove, take back."""

from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matcher.availability import busy_services
from matcher.availability.away_routes import blueprint, own_time, renew_search
from matcher.availability.busy import Block, BusyTimes, horizon, packed, read_busy, weeks_of
from matcher.availability.busy_forms import CalendarForm, KeepForm
from matcher.availability.busy_queries import busy_blocks_of, busy_calendar_of
from matcher.availability.busy_wording import fault_sentence, found_line, found_sentence, odd_lines
from matcher.availability.grids import default_grid
from matcher.availability.ical_lines import Unreadable
from matcher.availability.masks import EMPTY_WEEK, FULL_WEEK
from matcher.availability.moments import Timetable, Week, day_range, local
from matcher.availability.patterns import Availability
from matcher.availability.strips import week_strip
from matcher.availability.wording import strip_view
from matcher.clock import utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _, ngettext
from matcher.organisations.states import SchoolSector
from matcher.web.forms import invalid
from matcher.web.guards import actor, roles
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

PAGE, PREVIEW = "availability/calendar.html", "availability/calendar_found.html"
MOST_STRIPS = 6
few_files = limiter.limit("30 per hour", key_func=lambda: f"calendar:{actor().user_id}", methods=["POST"])


@blueprint.get("/calendar")
@roles("professional")
def calendar() -> str:
    return render_template(PAGE, form=CalendarForm(formdata=None), **_page(reading(), utcnow()))


@blueprint.post("/calendar")
@roles("professional")
@few_files
def read_calendar() -> Any:
    """Shows what is in it. Nothing is kept: what was found waits in the page."""
    form, now = CalendarForm(), utcnow()
    if not form.validate():
        return invalid(PAGE, form, **_page(reading(), now))
    try:
        found = _read(form, now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(PAGE, form, **_page(reading(), now))
    return _preview(found, KeepForm(formdata=None))


@blueprint.post("/calendar/keep")
@roles("professional")
def keep_calendar() -> Any:
    form, now, person = KeepForm(), utcnow(), actor()
    try:
        with writing() as session:
            count = busy_services.keep_busy(session, actor=person, now=now, packed=form.blocks.data or "")
            renew_search(session, own_time(), now)
    except InvalidInput as refusal:
        again = CalendarForm(formdata=None)
        again.refuse(refusal)
        return invalid(PAGE, again, **_page(reading(), now))
    said = ngettext("Nobody asks you for this busy time.", "Nobody asks you for these %(num)s busy times.", count)
    toast(said, undo=url_for(".restore_calendar"))
    return redirect(url_for(".calendar"))


@blueprint.post("/calendar/remove")
@roles("professional")
def remove_calendar() -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        busy_services.remove_busy(session, actor=person, now=now)
        renew_search(session, own_time(), now)
    toast(_("The busy times of your calendar are removed."), undo=url_for(".restore_calendar"))
    return redirect(url_for(".calendar"))


@blueprint.post("/calendar/restore")
@roles("professional")
def restore_calendar() -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        busy_services.restore_busy(session, actor=person, now=now)
        renew_search(session, own_time(), now)
    toast(_("As it was before."))
    return redirect(url_for(".calendar"))


def _read(form: CalendarForm, now: datetime) -> BusyTimes:
    try:
        found = read_busy(form.content, now=now, own_host=str(reading().info["host"]))
    except Unreadable as wrong:
        raise InvalidInput(fault_sentence(wrong.fault), "file") from wrong
    if not found.blocks:
        said = [_("Nothing in it says that you are busy from today on."), *odd_lines(found)]
        raise InvalidInput(" ".join(said), "file")
    return found


def _preview(found: BusyTimes, form: KeepForm) -> str:
    return render_template(
        PREVIEW,
        form=form,
        packed=packed(found.blocks),
        line=found_line(found),
        until=local(found.blocks[-1][1] - 1),
        odd=odd_lines(found),
        **_strips(found.blocks),
    )


def _page(session: Session, now: datetime) -> dict[str, Any]:
    user_id = actor().user_id or 0
    kept = busy_calendar_of(session, user_id)
    blocks = busy_blocks_of(session, user_id, from_s=int(now.timestamp())) if kept else []
    return {
        "read_at": kept.read_at if kept and blocks else None,
        "line": found_sentence(len(blocks), len(weeks_of(blocks))) if blocks else "",
        "until": local(horizon(now)[1] - 1),
        **_strips(blocks),
    }


def _strips(blocks: list[Block] | tuple[Block, ...]) -> dict[str, Any]:
    """The first weeks in which something stands, an hour of lessons a cell; only these times, not the usual week."""
    mondays = sorted(weeks_of(blocks))
    shown = []
    for monday in mondays[:MOST_STRIPS]:
        first, end = day_range(monday, monday + timedelta(days=6))
        near = tuple(block for block in blocks if block[1] > first and block[0] < end)
        drawn = Availability(FULL_WEEK, EMPTY_WEEK, bookings=near)
        shown.append((monday, strip_view(week_strip(drawn, Week.of(monday), Timetable(default_grid(SchoolSector.VO))))))
    return {"strips": shown, "more_weeks": len(mondays) - len(shown)}
