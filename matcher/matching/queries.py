"""Matches as plain facts and as rows for pages. Every list costs a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.availability.absence_queries import covered_by, stand_ins
from matcher.availability.absences import StandIn
from matcher.availability.states import Kind
from matcher.errors import NotFound
from matcher.matching.models import Consent, HybridStepTaken, Match, MatchEvent, MatchMoment, Message, VisitReport
from matcher.matching.policy import LastStep, MatchFacts, can_see
from matcher.matching.states import LIVE, TAKES_PLACE, Action, HybridStep, MatchState, Side
from matcher.offers.models import Offer
from matcher.requests.models import Request

BIGGEST_ID = 2**31 - 1


def facts_of_match(session: Session, match: Match, now: datetime) -> MatchFacts:
    """One match; see `facts_of` for many."""
    return facts_of(session, [match], now)[match.id]


def facts_of(session: Session, matches: Sequence[Match], now: datetime) -> dict[int, MatchFacts]:
    """Match id → facts with who is away now, in a fixed number of statements however many matches there are."""
    ids = [match.id for match in matches]
    if not ids:
        return {}
    requests = _by_id(session, Request, {match.request_id for match in matches})
    offers = _by_id(session, Offer, {match.offer_id for match in matches})
    consents: dict[int, dict[Side, bool]] = defaultdict(dict)
    for consent in session.scalars(_of_matches(Consent), {"ids": ids}):
        consents[consent.match_id][consent.party] = consent.given_at is not None
    chosen = {moment.match_id: moment for moment in session.scalars(_chosen_moments(), {"ids": ids})}
    reports: dict[int, dict[Side, bool]] = defaultdict(dict)
    for report in session.scalars(_of_matches(VisitReport), {"ids": ids}):
        reports[report.match_id][report.side] = report.happened
    last = _last_events(session, ids)
    places = {row.organisation_id for row in (*requests.values(), *offers.values())}
    absent = tuple(stand_ins(session, places, now))
    steps = standing_steps(session, [match.id for match in matches if match.kind is Kind.HYBRID_PLACEMENT])
    return {
        match.id: _facts(match, requests[match.request_id], offers[match.offer_id], consents[match.id],
                         chosen.get(match.id), reports.get(match.id), last[match.id], absent,
                         frozenset(steps[match.id]))
        for match in matches
    }  # fmt: skip


def _by_id(session: Session, model: Any, ids: set[int]) -> dict[int, Any]:
    """The rows; those that this unit has locked or read already are not asked for again."""
    known = (session.identity_map.get(identity_key(model, row_id)) for row_id in ids)
    found = {row.id: row for row in known if row is not None}
    missing = ids - found.keys()
    if missing:
        found |= {row.id: row for row in session.scalars(select(model).where(model.id.in_(missing)))}
    return found


@cache
def _of_matches(model: Any) -> Select[Any]:
    """Written once: every page and step asks, and putting a statement together takes longer than asking."""
    return select(model).where(model.match_id.in_(bindparam("ids", expanding=True)))


@cache
def _chosen_moments() -> Select[MatchMoment]:
    return _of_matches(MatchMoment).where(MatchMoment.chosen)


@cache
def _events_of_matches() -> Select[MatchEvent]:
    return _of_matches(MatchEvent).order_by(MatchEvent.seq.desc())


def _last_events(session: Session, ids: Sequence[int]) -> dict[int, list[MatchEvent]]:
    """Per match its events, newest first; chains are short."""
    found: dict[int, list[MatchEvent]] = defaultdict(list)
    for event in session.scalars(_events_of_matches(), {"ids": ids}):
        found[event.match_id].append(event)
    return found


def _facts(
    match: Match,
    request: Request,
    offer: Offer,
    consents: dict[Side, bool],
    moment: MatchMoment | None,
    reports: dict[Side, bool] | None,
    events: list[MatchEvent],
    absent: tuple[StandIn, ...],
    steps: frozenset[HybridStep],
) -> MatchFacts:
    newest = events[0]
    places = {request.organisation_id, offer.organisation_id}
    return MatchFacts(
        match_id=match.id,
        kind=match.kind,
        state=match.state,
        seq=match.seq,
        school_id=request.organisation_id,
        company_id=offer.organisation_id,
        region_id=match.region_id,
        side=match.side,
        asked_by_id=request.asked_by_id,
        teacher_id=match.teacher_id,
        professional_id=match.professional_id,
        visitor_id=match.visitor_id,
        proposed_by_id=match.proposed_by_id,
        through_contact=match.name_follows,
        consents=consents,
        starts=datetime.fromtimestamp(moment.start_s, UTC) if moment else None,
        ends=datetime.fromtimestamp(moment.end_s, UTC) if moment else None,
        last=LastStep(
            newest.action,
            newest.actor_id,
            newest.on_behalf_by_id,
            newest.at,
            can_go_back=newest.role is not Side.EMPLOYER,
        ),
        move_asked_by=_move_asked_by(events),
        reports=reports,
        stand_ins=tuple(each for each in absent if each.organisation_id in places),
        steps=steps,
    )


def calendar_number(session: Session, match: Match, seq: int) -> int:
    """The number of what is in calendars at this step of a match. An early end of a placement changes them between
    two steps, and so does taking it back: each raises the number."""
    if match.kind is not Kind.HYBRID_PLACEMENT:
        return seq
    rows = session.scalars(select(HybridStepTaken).where(HybridStepTaken.match_id == match.id))
    return seq + sum(1 + (row.taken_back_at is not None) for row in rows if row.cut)


def standing_steps(session: Session, match_ids: Sequence[int]) -> dict[int, dict[HybridStep, HybridStepTaken]]:
    """Placement → its steps that were not taken back."""
    found: dict[int, dict[HybridStep, HybridStepTaken]] = defaultdict(dict)
    if match_ids:
        query = select(HybridStepTaken).where(
            HybridStepTaken.match_id.in_(match_ids), HybridStepTaken.taken_back_at.is_(None)
        )
        for row in session.scalars(query):
            found[row.match_id][row.step] = row
    return found


def _move_asked_by(events: list[MatchEvent]) -> Side | None:
    """The side whose wish to move still waits: the newest step is that wish."""
    return events[0].role if events[0].action is Action.ASK_MOVE else None


def have_met(session: Session, actor: Actor, user_id: int) -> bool:
    """Did a match ever bring these two people together, on whatever side?"""
    people = (Match.professional_id, Match.visitor_id, Match.teacher_id, Match.proposed_by_id, Request.asked_by_id)
    query = select(Match.id).join(Request, Request.id == Match.request_id)
    both = (or_(*(column == one for column in people)) for one in (actor.user_id, user_id))
    return session.scalars(query.where(*both).limit(1)).first() is not None


def match_for(session: Session, match_id: int, actor: Actor, now: datetime) -> tuple[Match, MatchFacts]:
    """A match this person may see. Raises NotFound for everybody else, so that ids tell nothing."""
    match = session.get(Match, match_id) if 0 < match_id <= BIGGEST_ID else None
    if match is None:
        raise NotFound()
    facts = facts_of_match(session, match, now)
    if not can_see(facts, actor):
        raise NotFound()
    return match, facts


def events_of(session: Session, match_id: int) -> Sequence[MatchEvent]:
    """The whole chain, oldest first."""
    return session.scalars(select(MatchEvent).where(MatchEvent.match_id == match_id).order_by(MatchEvent.seq)).all()


def moments_of(session: Session, match_ids: Iterable[int]) -> dict[int, list[MatchMoment]]:
    """Match id → its moments in order of time."""
    found: dict[int, list[MatchMoment]] = defaultdict(list)
    ids = list(match_ids)
    for moment in session.scalars(_moments_in_order(), {"ids": ids}) if ids else ():
        found[moment.match_id].append(moment)
    return found


@cache
def _moments_in_order() -> Select[MatchMoment]:
    return _of_matches(MatchMoment).order_by(MatchMoment.start_s)


def messages_of(session: Session, match_id: int) -> Sequence[Message]:
    return session.scalars(select(Message).where(Message.match_id == match_id).order_by(Message.at, Message.id)).all()


def reports_of(session: Session, match_id: int) -> dict[Side, VisitReport]:
    return {report.side: report for report in session.scalars(_of_matches(VisitReport), {"ids": [match_id]})}


def matches_of_request(session: Session, request_id: int) -> Sequence[Match]:
    """Every match of a request, newest first."""
    return session.scalars(select(Match).where(Match.request_id == request_id).order_by(Match.id.desc())).all()


def matches_of_school_side(session: Session, actor: Actor, now: datetime, *, limit: int = 200) -> Sequence[Match]:
    """Matches of requests this teacher asked or answers for while a colleague is away or, for a school leader, of the
    whole school; newest change first."""
    led = [grant.organisation_id for grant in actor.grants if grant.role is Role.SCHOOL_LEAD and grant.confirmed]
    mine = [Request.asked_by_id == actor.user_id, Request.organisation_id.in_(led)]
    mine += [
        and_(Request.asked_by_id == each.for_id, Request.organisation_id == each.organisation_id)
        for each in covered_by(session, actor.organisation_ids, actor.user_id, now)
    ]
    query = select(Match).join(Request, Request.id == Match.request_id).where(or_(*mine))
    return session.scalars(query.order_by(Match.changed_at.desc(), Match.id.desc()).limit(limit)).all()


def matches_of_company_side(session: Session, actor: Actor, now: datetime, *, limit: int = 200) -> Sequence[Match]:
    """What this person, or a colleague they answer for now, was asked or offered to do; for a contact also what the
    company was asked as a whole."""
    contact = [
        grant.organisation_id for grant in actor.grants if grant.role is Role.COMPANY_CONTACT and grant.confirmed
    ]
    absent = covered_by(session, actor.organisation_ids, actor.user_id, now)
    contact += [each.organisation_id for each in absent if each.for_contact]
    mine = [
        Match.professional_id == actor.user_id,
        Match.visitor_id == actor.user_id,
        (Match.name_follows | Match.professional_id.is_(None)) & Offer.organisation_id.in_(contact),
    ]
    mine += [
        or_(Match.professional_id == each.for_id, Match.visitor_id == each.for_id)
        & (Offer.organisation_id == each.organisation_id)
        for each in absent
    ]
    query = select(Match).join(Offer, Offer.id == Match.offer_id).where(or_(*mine))
    return session.scalars(query.order_by(Match.changed_at.desc(), Match.id.desc()).limit(limit)).all()


def agreed_of_company(session: Session, actor: Actor, *, limit: int = 200) -> Sequence[Match]:
    """Visits both sides said yes to, of everybody at a company this person is the contact of (`policy.can_see`)."""
    led = [grant.organisation_id for grant in actor.grants if grant.role is Role.COMPANY_CONTACT and grant.confirmed]
    query = select(Match).join(Offer, Offer.id == Match.offer_id).where(Offer.organisation_id.in_(led))
    agreed = query.where(Match.state.in_((*TAKES_PLACE, MatchState.MISSED)))
    return session.scalars(agreed.order_by(Match.changed_at.desc(), Match.id.desc()).limit(limit)).all() if led else []


def matches_awaiting_approval(session: Session, region_ids: Iterable[int], *, limit: int = 200) -> Sequence[Match]:
    """Accepted matches of these regions, the one that has waited longest first."""
    query = select(Match).where(Match.state == MatchState.ACCEPTED, Match.region_id.in_(list(region_ids)))
    return session.scalars(query.order_by(Match.changed_at, Match.id).limit(limit)).all()


def live_counts(session: Session, region_ids: Iterable[int]) -> dict[MatchState, int]:
    """How many matches of these regions stand in each live state."""
    query = select(Match.state, func.count()).where(Match.region_id.in_(list(region_ids)), Match.state.in_(LIVE))
    return dict(session.execute(query.group_by(Match.state)).all())


def visits_this_year(session: Session, person_ids: Iterable[int], since: datetime) -> dict[int, int]:
    """Person → visits accepted, approved or held whose request was made since then (a school year)."""
    query = (
        select(Match.visitor_id, func.count())
        .where(
            Match.visitor_id.in_(list(person_ids)),
            Match.state.in_((MatchState.ACCEPTED, MatchState.APPROVED, MatchState.HELD)),
            Match.created_at >= since,
        )
        .group_by(Match.visitor_id)
    )
    return {person: count for person, count in session.execute(query) if person is not None}


def open_asks(session: Session, person_ids: Iterable[int]) -> dict[int, int]:
    """Person → invitations that wait for this person's answer."""
    query = (
        select(Match.professional_id, func.count())
        .join(Consent, (Consent.match_id == Match.id) & (Consent.party == Side.COMPANY))
        .where(
            Match.professional_id.in_(list(person_ids)),
            Match.state == MatchState.PROPOSED,
            Consent.given_at.is_(None),
        )
        .group_by(Match.professional_id)
    )
    return {person: count for person, count in session.execute(query) if person is not None}


def asks_of(session: Session, actor: Actor) -> int:
    """Invitations that wait for this person; for a contact also those of the company as a whole."""
    led = [grant.organisation_id for grant in actor.grants if grant.role is Role.COMPANY_CONTACT and grant.confirmed]
    of_company = (Match.name_follows | Match.professional_id.is_(None)) & Offer.organisation_id.in_(led)
    query = (
        select(func.count())
        .select_from(Match)
        .join(Consent, (Consent.match_id == Match.id) & (Consent.party == Side.COMPANY))
        .join(Offer, Offer.id == Match.offer_id)
        .where(Match.state == MatchState.PROPOSED, Consent.given_at.is_(None))
        .where(or_(Match.professional_id == actor.user_id, of_company))
    )
    return session.scalar(query) or 0


def chosen_moment(session: Session, match_id: int) -> MatchMoment | None:
    return session.scalars(_chosen_moments(), {"ids": [match_id]}).one_or_none()


def mark_of_request(session: Session, request: Request) -> int:
    """A number that changes with everything the request says and every step of anybody who was asked."""
    steps = session.scalar(select(func.sum(Match.seq)).where(Match.request_id == request.id))
    return request.revision + int(steps or 0)
