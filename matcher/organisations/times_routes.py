"""Lesson times and year calendar of a school location."""

from datetime import date, time, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import local_date, utcnow
from matcher.errors import Forbidden, InvalidInput, NotFound
from matcher.i18n import _
from matcher.organisations import policy, queries, review_services
from matcher.organisations.forms import DAY_KINDS, CalendarForm, LessonTimesForm, RegularForm
from matcher.organisations.join_routes import blueprint
from matcher.organisations.lesson_times import lessons_of, regular, school_year_span
from matcher.organisations.models import CalendarDay, DayKind, Organisation
from matcher.organisations.services import NOT_YOURS
from matcher.organisations.states import OrganisationType
from matcher.regions.holidays import LABELS, school_holidays
from matcher.regions.states import HolidayRegion
from matcher.web.guards import actor, signed_in
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

SHOWN = timedelta(days=400)
LONGEST_HOLIDAY = timedelta(weeks=9)
USUAL_DAY = regular(time(8, 30), 50, 9, pauses={3: 20, 5: 30})


@blueprint.get("/<int:organisation_id>/lesson-times")
@signed_in
def lesson_times(organisation_id: int) -> str:
    place = school_of(organisation_id)
    grid = queries.lesson_grid(reading(), place.id, on=local_date(utcnow()))
    form = LessonTimesForm()
    form.show(lessons_of(grid.periods) if grid else USUAL_DAY)
    return _times_page(place, form, is_own=grid is not None)


@blueprint.post("/<int:organisation_id>/lesson-times")
@signed_in
def lesson_times_post(organisation_id: int) -> Any:
    place, form = _managed_school(organisation_id), LessonTimesForm()
    try:
        if not form.validate_on_submit():
            raise InvalidInput()
        _save(place, form.lessons())
    except InvalidInput as error:
        if str(error):
            form.refuse(error)
        return _times_page(place, form, is_own=True), 422
    toast(_("The lesson times are saved. They count for new requests."))
    return redirect(url_for(".lesson_times", organisation_id=place.id))


@blueprint.post("/<int:organisation_id>/lesson-times/regular")
@signed_in
def regular_times_post(organisation_id: int) -> Any:
    """Equal lessons from a first bell, ready to be corrected row by row."""
    place, form = _managed_school(organisation_id), RegularForm()
    if not form.validate_on_submit():
        return _times_page(place, LessonTimesForm(formdata=None), regular_form=form, is_own=True), 422
    pauses = {form.pause_after.data: form.pause.data} if form.pause_after.data and form.pause.data else {}
    lessons = regular(form.start.data, form.minutes.data, form.count.data, pauses=pauses)
    try:
        _save(place, lessons)
    except InvalidInput as error:
        form.refuse(error)
        return _times_page(place, LessonTimesForm(formdata=None), regular_form=form, is_own=True), 422
    toast(_("The lesson times are saved. They count for new requests."))
    return redirect(url_for(".lesson_times", organisation_id=place.id))


@blueprint.get("/<int:organisation_id>/calendar")
@signed_in
def calendar(organisation_id: int) -> str:
    return _calendar_page(school_of(organisation_id), CalendarForm())


@blueprint.post("/<int:organisation_id>/calendar")
@signed_in
def calendar_post(organisation_id: int) -> Any:
    place, form, person = _managed_school(organisation_id), CalendarForm(), actor()
    if not form.validate_on_submit():
        return _calendar_page(place, form), 422
    first, last = form.span()
    now = utcnow()
    try:
        with writing() as unit:
            added = review_services.add_calendar_days(
                unit,
                actor=person,
                organisation_id=place.id,
                kind=DayKind(form.kind.data),
                first=first,
                last=last,
                note=form.note.data,
                today=local_date(now),
                now=now,
            )
    except InvalidInput as error:
        form.refuse(error)
        return _calendar_page(place, form), 422
    toast(_("The calendar is saved.") if added else _("These days were in the calendar already."))
    return redirect(url_for(".calendar", organisation_id=place.id))


@blueprint.post("/<int:organisation_id>/calendar/remove")
@signed_in
def calendar_remove(organisation_id: int) -> Response:
    place, person = _managed_school(organisation_id), actor()
    try:
        kind = DayKind(request.form.get("kind", ""))
        first = date.fromisoformat(request.form.get("first", ""))
        last = date.fromisoformat(request.form.get("last", ""))
    except ValueError as error:
        raise NotFound() from error
    with writing() as unit:
        review_services.remove_calendar_days(
            unit, actor=person, organisation_id=place.id, kind=kind, first=first, last=last, now=utcnow()
        )
    toast(_("Taken out of the calendar."))
    return redirect(url_for(".calendar", organisation_id=place.id))


def school_of(organisation_id: int) -> Organisation:
    """A school this person may look at."""
    place = queries.organisation(reading(), organisation_id)
    if place.type is not OrganisationType.SCHOOL or not policy.can_see(actor(), place):
        raise NotFound()
    return place


def _managed_school(organisation_id: int) -> Organisation:
    place = school_of(organisation_id)
    if not policy.can_manage(actor(), place):
        raise Forbidden(NOT_YOURS)
    return place


def _save(place: Organisation, lessons: Any) -> None:
    person, now = actor(), utcnow()
    with writing() as unit:
        review_services.save_lesson_times(
            unit, actor=person, organisation_id=place.id, lessons=lessons, today=local_date(now), now=now
        )


def _times_page(place: Organisation, form: Any, *, regular_form: Any = None, is_own: bool) -> str:
    quick = regular_form or RegularForm(formdata=None, start=time(8, 30), minutes=50, count=8, pause_after=4, pause=30)
    return render_template(
        "organisations/lesson_times.html",
        place=place,
        form=form,
        quick=quick,
        is_own=is_own,
        may_change=policy.can_manage(actor(), place),
    )


def _calendar_page(place: Organisation, form: Any) -> str:
    today = local_date(utcnow())
    first, last = school_year_span(today)
    own = queries.calendar_days(reading(), place.id, first=first, last=last)
    holidays = holidays_from(place.holiday_region, today, last) if place.holiday_region else []
    return render_template(
        "organisations/calendar.html",
        place=place,
        form=form,
        ranges=_ranges(own),
        holidays=holidays,
        may_change=policy.can_manage(actor(), place),
    )


def _ranges(days: list[CalendarDay]) -> list[dict[str, Any]]:
    """Days of one kind with one note that follow each other, weekends between them forgiven."""
    names = dict(DAY_KINDS)
    found: list[dict[str, Any]] = []
    for day in sorted(days, key=lambda row: (row.kind.value, row.note or "", row.day)):
        last = found[-1] if found else None
        if last and last["kind"] == day.kind.value and last["note"] == day.note and (day.day - last["last"]).days <= 3:
            last["last"] = day.day
        else:
            name = names[day.kind.value]
            found.append({"kind": day.kind.value, "name": name, "note": day.note, "first": day.day, "last": day.day})
    return sorted(found, key=lambda one: one["first"])


def holidays_from(region: HolidayRegion, today: date, last: date) -> list[tuple[Any, date, date]]:
    """Those that begin in what is shown, each to its own end."""
    until = min(last, today + SHOWN)
    found = _holiday_ranges(school_holidays(region, today, until + LONGEST_HOLIDAY))
    return [each for each in found if each[1] <= until]


def _holiday_ranges(days: dict[date, str]) -> list[tuple[Any, date, date]]:
    """The holidays of the region, each with its first and last day."""
    found: list[tuple[str, date, date]] = []
    for day, code in sorted(days.items()):
        if found and found[-1][0] == code and (day - found[-1][2]).days <= 3:
            found[-1] = (code, found[-1][1], day)
        else:
            found.append((code, day, day))
    return [(LABELS.get(code, code), first, last) for code, first, last in found]
