"""Internships and placements of a region as tables of their own: the import reads lessons, and must not meet them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from matcher.accounts.models import User
from matcher.availability.halfday_wording import half_days_label
from matcher.availability.halfdays import days_of, hours_of
from matcher.availability.states import Kind
from matcher.coordination.workbook import Table
from matcher.i18n import _
from matcher.matching.labels import KINDS, STATES
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.states import MatchState, Side
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState

AGREED = (MatchState.APPROVED, MatchState.HELD, MatchState.MISSED)


def term_offers(session: Session, region_ids: Collection[int], states: dict[Any, Any]) -> Table:
    """Places for internships, and people who want to teach some half-days."""
    query = (
        select(Offer, Organisation, User)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, and_(User.id == Offer.person_id, User.erased_at.is_(None)))
        .where(Organisation.region_id.in_(region_ids), Organisation.ended_at.is_(None))
        .where(Offer.kind != Kind.GUEST_LECTURE)
        .order_by(Offer.id)
    )
    rows: list[Sequence[Any]] = [
        (
            str(KINDS[offer.kind]),
            place.name,
            place.kvk,
            person.name if person else None,
            person.email if person else None,
            offer.title,
            offer.description,
            offer.details.get("department"),
            offer.places if offer.kind is Kind.TEACHER_INTERNSHIP else None,
            states[offer.state],
        )
        for offer, place, person in session.execute(query)
    ]
    who = (_("Kind"), _("Organisation"), _("KvK number"), _("Name"), _("Mail address"))
    return Table(
        _("Places and people"), [*who, _("Title"), _("Description"), _("Department"), _("Places"), _("State")], rows
    )


def term_requests(session: Session, region_ids: Collection[int], states: dict[Any, Any]) -> Table:
    """What schools ask for more than a visit: half-days in a window or a term."""
    query = (
        select(Request, Organisation)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .where(Request.region_id.in_(region_ids), Request.state != RequestState.DRAFT)
        .where(Request.kind != Kind.GUEST_LECTURE)
        .order_by(Request.id)
    )
    rows: list[Sequence[Any]] = [
        (
            str(KINDS[request.kind]),
            school.name,
            school.brin,
            school.location,
            request.title,
            request.own_words,
            request.window_from,
            request.window_to,
            half_days_label(request.half_day_mask or 0),
            request.days if request.kind is Kind.HYBRID_PLACEMENT else None,
            request.hours,
            states[request.state],
        )
        for request, school in session.execute(query)
    ]
    when = (_("First day"), _("Last day"), _("Half-days"), _("Half-days a week"), _("Hours"), _("State"))
    head = [_("Kind"), _("School"), _("BRIN"), _("Location"), _("Title"), _("In their own words"), *when]
    return Table(_("Internships and vacancies"), head, rows)


def term_matches(session: Session, region_ids: Collection[int]) -> Table:
    """What was agreed: who, where, from when until when, how many days, and how many hours were reported."""
    school, company, guest, teacher = aliased(Organisation), aliased(Organisation), aliased(User), aliased(User)
    query = (
        select(Match, Request, MatchMoment, school, company, guest, teacher, VisitReport.hours)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .join(school, school.id == Request.organisation_id)
        .join(company, company.id == Offer.organisation_id)
        .outerjoin(guest, guest.id == Match.visitor_id)
        .outerjoin(teacher, teacher.id == Match.teacher_id)
        .outerjoin(VisitReport, and_(VisitReport.match_id == Match.id, VisitReport.side == Side.COMPANY))
        .where(Match.region_id.in_(region_ids), Match.state.in_(AGREED), Match.kind != Kind.GUEST_LECTURE)
        .order_by(MatchMoment.start_s, Match.id)
    )
    rows: list[Sequence[Any]] = []
    for match, request, moment, at, by, person, asker, given in session.execute(query):
        visits = days_of(parts_of(moment))
        there = (at.name, at.brin, at.location, asker.name if asker else None)
        here = (by.name, by.kvk, person.name if person else None)
        when = (moment.day, len(visits), hours_of(parts_of(moment)), given)
        rows.append((str(KINDS[match.kind]), *there, *here, request.title, *when, str(STATES[match.state])))
    head = [_("Kind"), _("School"), _("BRIN"), _("Location"), _("Teacher"), _("Organisation"), _("KvK number")]
    head += [_("Guest"), _("Title"), _("First day"), _("Days"), _("Hours agreed"), _("Hours reported"), _("State")]
    return Table(_("Internships and placements"), head, rows)
