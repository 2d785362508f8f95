"""A professional's own week: paint it, copy a day, dated exceptions, and what schools see of it."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matcher.availability import busy_routes, services
from matcher.availability.away_routes import blueprint, own_time, renew_search
from matcher.availability.forms import PRESET_LABELS, ExceptionForm, WeekForm
from matcher.availability.grids import default_grid
from matcher.availability.masks import as_week
from matcher.availability.moments import Timetable, Week, day_range
from matcher.availability.paint import ROWS, grid_of, painted
from matcher.availability.patterns import Availability, preset, with_day_copied
from matcher.availability.queries import Owner, availability_of, exceptions_of, has_painted
from matcher.availability.states import ABSENCE, ExceptionKind
from matcher.availability.strips import week_strip
from matcher.availability.wording import exception_label, pattern_lines, strip_view, weekday_name
from matcher.clock import local_date, utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _, format_time
from matcher.organisations.states import SchoolSector
from matcher.web.forms import invalid
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

__all__ = ["blueprint", "busy_routes"]

PAGE = "availability/week.html"
WORKING_DAYS = range(5)
DAYS_AHEAD = 400


@blueprint.get("")
@roles("professional")
def index() -> str:
    return render_template(PAGE, form=ExceptionForm(formdata=None), **_page(reading(), utcnow()))


@blueprint.post("/week")
@roles("professional")
def save_week() -> Response:
    form, now, owner = WeekForm(), utcnow(), own_time()
    before = _availability(reading(), owner, now)
    after = painted(before, form.cells)
    if form.wanted_preset:
        after = preset(form.wanted_preset)
    elif form.copy_from is not None:
        after = with_day_copied(after, form.copy_from, WORKING_DAYS)
    _keep(owner, after, now)
    toast(_("Your week is saved."), undo=_undo_url(before))
    return redirect(url_for(".index"))


@blueprint.post("/week/restore")
@roles("professional")
def restore_week() -> Response:
    before = _masks_from(request.args.get("usual", ""), request.args.get("never", ""))
    _keep(own_time(), before, utcnow())
    toast(_("Your week is as it was."))
    return redirect(url_for(".index"))


@blueprint.post("/exceptions")
@roles("professional")
def add_exception() -> Any:
    form, now = ExceptionForm(), utcnow()
    if not form.validate():
        return invalid(PAGE, form, **_page(reading(), now))
    person = actor()
    try:
        with writing() as session:
            services.add_exception(session, actor=person, now=now, owner=own_time(), **form.values)
            renew_search(session, own_time(), now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(PAGE, form, **_page(reading(), now))
    toast(_("Noted. Nobody asks you for that time.") if form.kind.data == ExceptionKind.BUSY else _("Noted."))
    return redirect(url_for(".index", _anchor="exceptions"))


@blueprint.post("/exceptions/<int:exception_id>/remove")
@roles("professional")
def remove_exception(exception_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        row = services.remove_exception(session, actor=person, owner=own_time(), exception_id=exception_id)
        renew_search(session, own_time(), now)
    undo = url_for(".restore_exception", start=row.start_s, end=row.end_s, kind=row.kind.value, note=row.note or "")
    toast(_("Removed."), undo=undo)
    return redirect(url_for(".index", _anchor="exceptions"))


@blueprint.post("/exceptions/restore")
@roles("professional")
def restore_exception() -> Response:
    start_s, end_s = request.args.get("start", 0, type=int), request.args.get("end", 0, type=int)
    kind = ExceptionKind.FREE if request.args.get("kind") == ExceptionKind.FREE else ExceptionKind.BUSY
    person, now = actor(), utcnow()
    with writing() as session:
        services.restore_exception(
            session,
            actor=person,
            now=now,
            owner=own_time(),
            start_s=start_s,
            end_s=end_s,
            kind=kind,
            note=request.args.get("note", "")[:100],
        )
        renew_search(session, own_time(), now)
    toast(_("Put back."))
    return redirect(url_for(".index", _anchor="exceptions"))


def _availability(session: Session, owner: Owner, now: datetime) -> Availability:
    today = local_date(now)
    from_s, to_s = day_range(today, today + timedelta(days=DAYS_AHEAD))
    return availability_of(session, owner, on=today, from_s=from_s, to_s=to_s)


def _keep(owner: Owner, after: Availability, now: datetime) -> None:
    person = actor()
    with writing() as session:
        services.save_week(session, actor=person, now=now, owner=owner, usual=after.usual, never=after.never)
        renew_search(session, owner, now)


def _undo_url(week: Availability) -> str:
    usual, never = ("-".join(f"{mask:x}" for mask in masks) for masks in (week.usual, week.never))
    return url_for(".restore_week", usual=usual, never=never)


def _masks_from(usual: str, never: str) -> Availability:
    try:
        first, second = (as_week(int(part, 16) for part in text[:200].split("-")) for text in (usual, never))
    except ValueError as wrong:
        raise InvalidInput(_("This cannot be put back any more.")) from wrong
    return Availability(usual=first, never=second)


def _page(session: Session, now: datetime) -> dict[str, Any]:
    owner = own_time()
    mine = _availability(session, owner, now)
    first = Week.of(local_date(now) + timedelta(days=7))
    shown = week_strip(mine, first, Timetable(default_grid(SchoolSector.VO)))
    return {
        "days": [(weekday_name(day), weekday_name(day, "EEEEEE")) for day in range(7)],
        "rows": [
            ((f"{start.hour}–{end.hour}", f"{format_time(start)}–{format_time(end)}"), values)
            for (start, end), values in zip(ROWS, grid_of(mine), strict=True)
        ],
        "presets": PRESET_LABELS,
        "lines": pattern_lines(mine),
        # What somebody offers is kept in a room to the right: create_app hands over who knows its limits.
        "limits": current_app.extensions["matcher_own_limits"](session, actor(), now=now),
        "is_default": not has_painted(session, owner),
        "strip": strip_view(shown),
        "strip_from": first.day(0),
        "exceptions": [
            (row, exception_label(row.start_s, row.end_s), row.source == ABSENCE)
            for row in exceptions_of(session, owner, from_s=int(now.timestamp()))
        ],
    }
