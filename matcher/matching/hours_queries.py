"""The statement of hours of an internship that took place, as ready values."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.halfday_wording import visit_label
from matcher.availability.halfdays import Part, days_of, hours_of
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.errors import NotFound
from matcher.i18n import _, format_date, format_number
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.policy import MatchFacts, sides_of
from matcher.matching.queries import chosen_moment, reports_of
from matcher.matching.states import MatchState, Side
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.internship_wording import goal_facts
from matcher.requests.models import Request


@dataclass(frozen=True)
class HoursStatement:
    match_id: int
    title: str
    facts: list[tuple[str, str]]
    visits: list[tuple[str, str]]
    hours: list[tuple[str, str]]
    made_on: str


def hours_statement(session: Session, match: Match, facts: MatchFacts, actor: Actor, now: datetime) -> HoursStatement:
    """For the two sides and the coordinator, once it took place. Raises NotFound for everybody and everything else."""
    moment = chosen_moment(session, match.id)
    if match.kind is not Kind.TEACHER_INTERNSHIP or match.state is not MatchState.HELD or moment is None:
        raise NotFound()
    if not sides_of(facts, actor):
        raise NotFound()
    request, offer = session.get_one(Request, match.request_id), session.get_one(Offer, match.offer_id)
    reports = reports_of(session, match.id)
    held = _held(moment, reports)
    return HoursStatement(
        match_id=match.id,
        title=request.title,
        facts=_facts(session, match, request, offer),
        visits=[(visit_label(day), _hours(_of_day(held, day))) for day in days_of(held)],
        hours=_said(held, reports),
        made_on=format_date(local_date(now), "long"),
    )


def _held(moment: MatchMoment, reports: dict[Side, VisitReport]) -> list[Part]:
    """The half-days of which nobody says that they did not take place."""
    said = [{part[0] for part in report.parts} for report in reports.values() if report.happened and report.parts]
    return [part for part in parts_of(moment) if all(part[0] in starts for starts in said)]


def _of_day(held: list[Part], day: Part) -> float:
    return hours_of(part for part in held if day[0] <= part[0] < day[1])


def _said(held: list[Part], reports: dict[Side, VisitReport]) -> list[tuple[str, str]]:
    """One number where both sides say the same, else each side's own."""
    names = {Side.SCHOOL: _("Hours, says the teacher"), Side.COMPANY: _("Hours, says the company")}
    own = {side: report.hours for side, report in reports.items() if side in names and report.hours is not None}
    if len(set(own.values())) > 1:
        return [(names[side], format_number(hours)) for side, hours in sorted(own.items())]
    return [(_("Hours in all"), format_number(next(iter(own.values()), hours_of(held))))]


def _hours(hours: float) -> str:
    return _("%(num)s hours", num=format_number(hours))


def _facts(session: Session, match: Match, request: Request, offer: Offer) -> list[tuple[str, str]]:
    teacher = session.get_one(User, match.teacher_id or request.asked_by_id)
    school = session.get_one(Organisation, request.organisation_id)
    company = session.get_one(Organisation, offer.organisation_id)
    pairs = [
        (_("Teacher"), teacher.name),
        (_("School"), ", ".join(part for part in (school.name, school.place) if part)),
        (_("Company"), ", ".join(part for part in (company.name, company.place) if part)),
        (_("Department"), str(offer.details.get("department") or "")),
        (_("Guided by"), str(offer.details.get("supervisor") or "")),
        *goal_facts(request.details),
    ]
    return [(term, value) for term, value in pairs if value]
