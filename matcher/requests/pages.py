"""Ready values for the pages of this room: choices of the form, weeks with their holidays, lines of the list."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.availability.grids import Grid
from matcher.availability.moments import Plan, SchoolWeek, Week, coming_weeks
from matcher.availability.states import Kind
from matcher.availability.wording import (
    NO_BREAK,
    holiday_name,
    moment_label,
    moment_with_times,
    periods_label,
    refusal_sentence,
    weekday_name,
)
from matcher.clock import local_date
from matcher.i18n import _, _l, current_locale, format_date, format_day_month, format_time, ngettext
from matcher.organisations.models import Organisation
from matcher.requests import policy, queries
from matcher.requests.asking import mark_of
from matcher.requests.draft_forms import NEW
from matcher.requests.forms import ClassForm, GuestLectureForm
from matcher.requests.internship_wording import asked_line
from matcher.requests.models import Request, SchoolClass
from matcher.requests.states import RequestState
from matcher.requests.vacancy_wording import vacancy_line
from matcher.requests.wording import class_in_short, class_line
from matcher.subjects.levels import FACTS, Level
from matcher.subjects.queries import topics_by_type, topics_with_ids
from matcher.web.forms import choices

WORKING_DAYS = range(5)
MORE = ("block", "language", "costs", "teacher", "needed", "together", "also_classes", "lessons")


def form_page(
    session: Session,
    actor: Actor,
    school: Organisation,
    form: GuestLectureForm,
    *,
    now: datetime,
    draft: Request | None = None,
    plan: Plan | None = None,
    without: Sequence[str] = (),
) -> dict[str, Any]:
    """Fills the choices of the form and says everything around it."""
    classes = sorted(
        queries.classes_for(session, actor, school), key=lambda found: found.created_by_id != actor.user_id
    )
    timetable = queries.timetable_from(session, school, now)
    teachers = queries.teachers_for(session, actor, school)
    on_behalf = names_asker(actor, school, draft)
    people = [(str(person.id), person.name) for person in teachers]
    form.school_class.choices = choices(
        [*((str(c.id), c.name) for c in classes), (NEW, _("A class that is not here yet"))]
    )
    form.school_class.data = form.school_class.data or (None if classes else NEW)
    form.also_classes.choices = choices([(c.id, c.name) for c in classes])
    form.teacher.choices = choices([("", _("I do myself") if not on_behalf else _("The one who asks")), *people])
    if on_behalf and draft is None and not form.is_submitted():
        # Who is alone there is the one who asks.
        form.asked_by.data = people[0][0] if len(people) == 1 else None
    form.offer_askers(people, _("Choose somebody"))
    form.new_level.choices = choices([("", _("Choose a level")), *level_choices(school)])
    weeks = coming_weeks(local_date(now), timetable.calendar)
    return {
        "school": school,
        "draft": draft,
        "on_behalf": on_behalf,
        "class_texts": {str(c.id): class_line(c) for c in classes},
        "classes_of_others": _folded(classes, actor),
        "periods": period_table(timetable.grid),
        "weeks": [week_choice(week, form) for week in _with_chosen(weeks, form)],
        "chosen_topics": topics_with_ids(session, form.topics.data or [], current_locale()),
        "topic_groups": topics_by_type(session, current_locale()),
        "more_open": any(form[name].errors for name in MORE),
        "plan": plan_view(plan, without) if plan is not None else None,
    }


def _folded(classes: Sequence[SchoolClass], actor: Actor) -> list[str]:
    """Classes of colleagues stand behind one's own, folded when they are many."""
    others = [str(found.id) for found in classes if found.created_by_id != actor.user_id]
    return others if 2 < len(others) < len(classes) else []


def class_page(session: Session, found: SchoolClass, form: ClassForm, *, now: datetime) -> dict[str, Any]:
    school = session.get_one(Organisation, found.organisation_id)
    form.new_level.choices = choices(level_choices(school))
    timetable = queries.timetable_from(session, school, now)
    return {"school": school, "school_class": found, "periods": period_table(timetable.grid)}


def school_choice(session: Session, actor: Actor, text: str = "") -> dict[str, Any]:
    """One's own schools; a coordinator looks for one of the region."""
    schools = list(queries.schools_of(session, actor))
    if actor.is_coordinator:
        schools += queries.schools_in(session, actor.region_ids, text)
    return {"schools": schools, "q": text, "searches": actor.is_coordinator}


def names_asker(actor: Actor, school: Organisation, draft: Request | None) -> bool:
    """Says on the page who asks and how that came: who writes it down for somebody, until it is sent."""
    mine = draft is None or draft.on_behalf_by_id == actor.user_id
    return mine and policy.asks_on_behalf(actor, school.id)


def level_choices(school: Organisation) -> list[tuple[str, str]]:
    """The levels of the school; all of its sector when the register does not say."""
    own = [level for level in Level if level in set(school.levels)]
    sector = school.school_sector
    found = own or [level for level in Level if sector is None or FACTS[level].sector == sector.value] or list(Level)
    return [(level.value, level_name(level)) for level in found]


def level_name(level: str) -> str:
    facts = FACTS[Level(level)]
    return facts.nl if current_locale() == "nl" else facts.en


def period_table(grid: Grid) -> dict[str, Any]:
    return {
        "days": [(weekday_name(day), weekday_name(day, "EEEEEE")) for day in WORKING_DAYS],
        "rows": [(p.number, f"{format_time(p.start)}–{format_time(p.end)}") for p in grid.periods],
    }


def _with_chosen(weeks: list[SchoolWeek], form: GuestLectureForm) -> list[SchoolWeek]:
    """Chosen weeks outside the list stay visible, so that nobody loses them unseen."""
    known = {week.week for week in weeks}
    others = sorted(set(form.chosen_weeks()) - known)
    extra = [SchoolWeek(week, week.day(0), None, 0) for week in others]
    return sorted([*weeks, *extra], key=lambda week: week.week)


def week_choice(week: SchoolWeek, form: Any) -> dict[str, Any]:
    """One box: the Monday to Friday it means, the week number, and the holiday or closed days."""
    first, last = week.week.day(0), week.week.day(4)
    note = ""
    if week.holiday:
        # Not every browser knows where a Dutch word may end a line; a box of a week is narrower than the longest.
        note = holiday_name(week.holiday).replace("vakantie", "\N{SOFT HYPHEN}vakantie")
    elif week.closed_days:
        note = ngettext("%(num)s day without lessons", "%(num)s days without lessons", week.closed_days)
    dates = f"{format_date(first, 'd' if first.month == last.month else 'd MMM')}–{format_date(last, 'd MMM')}"
    return {
        "value": str(week.week),
        "label": _("week %(number)s", number=week.week.number),
        # A line may end after the dash, not between a day and its month.
        "dates": dates.replace(" ", "\N{NO-BREAK SPACE}"),
        "note": note,
        "disabled": week.holiday is not None,
        "chosen": str(week.week) in (form.weeks.data or []),
    }


def plan_view(plan: Plan, without: Sequence[str] = ()) -> dict[str, Any]:
    """A row for each week with its five days: the moments to tick, or why there is none on a day with a lesson."""
    days = {*(each.date for each in plan.moments), *(each.date for each in plan.refused)}
    weeks = sorted(map(Week.of, days))
    return {
        "count": sum(mark_of(moment) not in without for moment in plan.moments),
        "weeks": [_plan_week(week, plan, without) for week in dict.fromkeys(weeks)],
        "refused": [refusal_sentence(refusal) for refusal in plan.refused],
    }


def _plan_week(week: Week, plan: Plan, without: Sequence[str]) -> dict[str, Any]:
    days = []
    for weekday in WORKING_DAYS:
        day = week.day(weekday)
        moments = [
            {
                "mark": mark_of(moment),
                "label": moment_with_times(moment),
                "short": periods_label(moment.periods).replace(NO_BREAK, " "),  # a box of its own may have two lines
                "time": format_time(moment.start),
                "suits": mark_of(moment) not in without,
            }
            for moment in plan.moments
            if moment.date == day
        ]
        refused = next((each for each in plan.refused if each.date == day), None)
        note = holiday_name(refused.detail) if refused and refused.detail else (_("no lesson") if refused else "")
        days.append({"name": weekday_name(weekday, "EEE"), "date": format_date(day, "d MMM"), "moments": moments,
                     "note": "" if moments else note})  # fmt: skip
    return {"label": _("week %(number)s", number=week.number), "days": days}


def list_page(
    session: Session, actor: Actor, found: Sequence[Request], standings: Mapping[int, Any], *, now: datetime
) -> dict[str, Any]:
    """The list in three parts: what needs me, what runs, what is over."""
    ids = [request.id for request in found]
    moments = queries.moments_of(session, ids)
    shown = queries.classes_of_schools(session, actor)
    classes = {group.id: group for group in shown}
    # Most requests are for a class that stands below them.
    classes |= queries.classes_by_id(session, {request.class_id for request in found} - classes.keys())
    colleagues = queries.colleagues_of(session, actor, found)
    lines = [
        _line(request, moments[request.id], classes.get(request.class_id or 0), standings, now)
        | {"colleague": colleagues.get(request.asked_by_id)}
        for request in found
    ]
    return {
        "mine_now": [line for line in lines if line["needs_me"]],
        "running": [line for line in lines if not line["needs_me"] and not line["over"]],
        "over": sorted((line for line in lines if line["over"]), key=lambda line: line["ended"], reverse=True),
        "classes": [(group, class_line(group)) for group in shown],
        "leads": actor.has(Role.SCHOOL_LEAD, confirmed=False) or actor.is_coordinator,
    }


def _line(
    request: Request, moments: Sequence[Any], found: SchoolClass | None, standings: Mapping[int, Any], now: datetime
) -> dict[str, Any]:
    ahead = [moment for moment in moments if moment.start_s > now.timestamp()]
    standing = standings[request.id]
    draft = request.state is RequestState.DRAFT
    over = standing["done"] or request.state in (RequestState.WITHDRAWN, RequestState.CLOSED)
    stays = request.kind is Kind.TEACHER_INTERNSHIP
    weekly = request.kind is Kind.HYBRID_PLACEMENT
    # What is over shows the day it ended: the list is in that order.
    ended = standing["ended"] or request.changed_at
    closed = _("closed on %(day)s", day=format_day_month(ended, now))
    when = (format_day_month(ended, now) if standing["ended"] else closed) if over else _when(ahead, now)
    what = class_in_short(found) if found else ""
    if stays:
        what, when = _("Teacher internship"), when if over else asked_line(request, now)
    if standing["when"] and not weekly:
        when = standing["when"]
    if weekly:
        what, when = _("Hybrid teacher"), when if over else vacancy_line(request)
    return {
        "request": request,
        "title": request.title or str(UNTITLED[request.kind]),
        "meta": " · ".join(part for part in (what, when) if part),
        "state": standing["state"],
        "label": standing["label"],
        "ball": standing["ball"],
        "needs_me": standing["needs_me"],
        "over": over,
        "ended": ended,
        "is_draft": draft,
    }


UNTITLED: dict[Kind, Any] = {
    Kind.GUEST_LECTURE: _l("Guest lecture without a title"),
    Kind.TEACHER_INTERNSHIP: _l("Internship without a title"),
    Kind.HYBRID_PLACEMENT: _l("Vacancy without a title"),
}


def _when(ahead: Sequence[Any], now: datetime) -> str:
    if not ahead:
        return _("no moment ahead")
    first = moment_label(ahead[0].day, ahead[0].periods, now)
    more = len(ahead) - 1
    return first + (" " + ngettext("and %(num)s more moment", "and %(num)s more moments", more) if more else "")
