"""The statement of hours of a visit that took place, as ready values in the reader's language."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.halfday_wording import plan_label
from matcher.availability.halfdays import Part, days_of, hours_of
from matcher.availability.moments import local
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.errors import NotFound
from matcher.i18n import _, clock_text, current_locale, format_date, format_number, ngettext
from matcher.matching.labels import KINDS
from matcher.matching.models import Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.policy import MatchFacts, sides_of
from matcher.matching.queries import chosen_moment, reports_of
from matcher.matching.statements import Confirmed, HoursStatement, Pairs, initials
from matcher.matching.states import MatchState, Side
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.models import Region
from matcher.requests.internship_wording import goal_facts
from matcher.requests.models import Request
from matcher.subjects.levels import Level, group_name

MOST_DAYS = 20
"""A term of weekly half-days is one line instead of forty."""


def hours_statement(session: Session, match: Match, facts: MatchFacts, actor: Actor, now: datetime) -> HoursStatement:
    """For the two sides and the coordinator, once it took place. Raises NotFound for everybody and everything else."""
    if not sides_of(facts, actor):
        raise NotFound()
    return _statement(session, match, now)


def confirmed_statement(session: Session, match_id: int, now: datetime) -> Confirmed:
    """Raises NotFound when nothing was held under that number."""
    match = session.get(Match, match_id)
    if match is None:
        raise NotFound()
    found = _statement(session, match, now)
    days = " – ".join(dict.fromkeys(format_date(each, "long") for each in (_first_day(session, match), found.ended)))
    return Confirmed(
        [
            (_("What"), found.kind),
            (_("Name, in initials"), initials(found.holder)),
            (_("School"), found.school),
            (_("Region"), found.region),
            (_("When"), days),
            *found.hours,
        ]
    )


def _first_day(session: Session, match: Match) -> datetime:
    moment = chosen_moment(session, match.id)
    if moment is None:
        raise NotFound()
    return local(moment.start_s)


def _statement(session: Session, match: Match, now: datetime) -> HoursStatement:
    moment = chosen_moment(session, match.id)
    if match.state is not MatchState.HELD or moment is None:
        raise NotFound()
    request, offer = session.get_one(Request, match.request_id), session.get_one(Offer, match.offer_id)
    school = session.get_one(Organisation, request.organisation_id)
    reports = reports_of(session, match.id)
    held = _held(moment, reports)
    is_stay = match.kind is Kind.TEACHER_INTERNSHIP
    return HoursStatement(
        match_id=match.id,
        kind=str(KINDS[match.kind]),
        title=request.title,
        holder=_holder(session, match, request),
        facts=_facts(session, match, request, offer, school),
        visits=_visits(held) if is_stay or not moment.parts else [(plan_label(held), _hours(hours_of(held)))],
        hours=_said(held, reports) if is_stay else _given(match, request, held, reports),
        school=school.name,
        region=session.get_one(Region, match.region_id).name,
        ended=local(moment.end_s),
        settled=session.get_one(MatchEvent, (match.id, match.seq)).at,
        made_on=format_date(local_date(now), "long"),
    )


def _holder(session: Session, match: Match, request: Request) -> str:
    """Whose hours these are: the teacher's at a company, else of who came to the school."""
    if match.kind is Kind.TEACHER_INTERNSHIP:
        return session.get_one(User, match.teacher_id or request.asked_by_id).name
    person = session.get(User, match.visitor_id or match.professional_id or 0)
    return person.name if person is not None else ""


def _held(moment: MatchMoment, reports: dict[Side, VisitReport]) -> list[Part]:
    """The half-days of which nobody says that they did not take place."""
    said = [{part[0] for part in report.parts} for report in reports.values() if report.happened and report.parts]
    return [part for part in parts_of(moment) if all(part[0] in starts for starts in said)]


def _visits(held: list[Part]) -> Pairs:
    return [(_day(day), _hours(_of_day(held, day))) for day in days_of(held)][:MOST_DAYS]


def _day(day: Part) -> str:
    """`do 10 december 2026, 10.15–11.05`."""
    start, end = local(day[0]), local(day[1])
    return f"{format_date(start, 'EEE d MMMM y')}, {clock_text(f'{start:%H:%M}–{end:%H:%M}')}"


def _of_day(held: list[Part], day: Part) -> float:
    return hours_of(part for part in held if day[0] <= part[0] < day[1])


def _said(held: list[Part], reports: dict[Side, VisitReport]) -> Pairs:
    """One number where both sides say the same, else each side's own."""
    names = {Side.SCHOOL: _("Hours, says the teacher"), Side.COMPANY: _("Hours, says the company")}
    own = {side: report.hours for side, report in reports.items() if side in names and report.hours is not None}
    if len(set(own.values())) > 1:
        return [(names[side], _hours(hours)) for side, hours in sorted(own.items())]
    return [(_("Hours in all"), _hours(next(iter(own.values()), hours_of(held))))]


def _given(match: Match, request: Request, held: list[Part], reports: dict[Side, VisitReport]) -> Pairs:
    """What the guest gave, with preparation and travel where they said so, and whom it reached."""
    school, guest = reports.get(Side.SCHOOL), reports.get(Side.COMPANY)
    pupils = school.pupils if school is not None and school.pupils is not None else request.group_size
    hours: Pairs = [(_("Hours in the lesson"), _hours(hours_of(held)))]
    if guest is not None and guest.hours is not None:
        hours.append((_("Hours with preparation and travel"), _hours(guest.hours)))
    if pupils and match.kind is Kind.GUEST_LECTURE:
        hours.append((_("Pupils reached"), format_number(pupils)))
    return hours


def _hours(hours: float) -> str:
    minutes = round(hours * 60)
    if 0 < minutes < 60:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    return _("%(num)s hours", num=format_number(round(hours, 2)))


def _facts(session: Session, match: Match, request: Request, offer: Offer, school: Organisation) -> Pairs:
    company = session.get_one(Organisation, offer.organisation_id)
    is_stay = match.kind is Kind.TEACHER_INTERNSHIP
    pairs = [
        (_("Teacher") if is_stay else _("Name"), _holder(session, match, request)),
        (_("School"), ", ".join(part for part in (school.name, school.place) if part)),
        # Who came in their own name gave it for nobody else.
        (_("Company"), "" if offer.own_name else ", ".join(part for part in (company.name, company.place) if part)),
    ]
    if is_stay:
        pairs += [
            (_("Department"), str(offer.details.get("department") or "")),
            (_("Guided by"), str(offer.details.get("supervisor") or "")),
            *goal_facts(request.details),
        ]
    else:
        pairs += [(_("Lesson"), request.title), (_("Group"), _group(request))]
    return [(term, value) for term, value in pairs if value]


def _group(request: Request) -> str:
    return group_name(Level(request.level), request.year, current_locale()) if request.level in set(Level) else ""
