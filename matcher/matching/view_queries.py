"""Loads requests and offers as plain views; many offers cost the same number of statements as one."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matcher.availability.halfdays import Part
from matcher.availability.holds import Hold
from matcher.availability.models import Booking
from matcher.availability.patterns import Availability
from matcher.availability.queries import Owner, availabilities, owner_of
from matcher.availability.states import Delivery, Kind, Party
from matcher.clock import local_date, school_year
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.matching.budget_queries import company_left, taken_by_companies
from matcher.matching.held_queries import held_at
from matcher.matching.history_queries import (
    Tally,
    hours_given,
    partnerships,
    tallies,
    visits_at_schools,
)
from matcher.matching.memory import Place, remembered
from matcher.matching.models import Match
from matcher.matching.offer_row_queries import bare_view, offer_query, with_budget
from matcher.matching.said import said_by_request
from matcher.matching.stay_queries import taken_places, teacher_of, times_away
from matcher.matching.views import Guest, MomentView, OfferView, RequestView, guest_of
from matcher.offers.models import Offer, OfferTopic
from matcher.organisations.models import Organisation
from matcher.organisations.partner_queries import standing_pairs
from matcher.requests.internships import asked_of
from matcher.requests.models import Request, RequestMoment, RequestTopic
from matcher.safeguarding.models import Block
from matcher.safeguarding.policy import Rule, Visit, requirement
from matcher.safeguarding.queries import proofs_of, rules_of_boards
from matcher.subjects.levels import LEVEL_BITS, Level
from matcher.subjects.models import TopicType
from matcher.subjects.nearness import expand
from matcher.subjects.queries import vocabulary

DAY_SECONDS = 86_400
STANDING_VISITS = 3


def request_view(session: Session, request_id: int, *, now: datetime) -> RequestView:
    """One request with its moments, widened topics and what its board asks. Raises NotFound."""
    found = request_views(session, [request_id] if 0 < request_id <= BIGGEST_ID else [], now=now)
    if request_id not in found:
        raise NotFound()
    return found[request_id]


def request_views(session: Session, request_ids: Collection[int], *, now: datetime) -> dict[int, RequestView]:
    """The same for many at once, in a fixed number of statements."""
    if not request_ids:
        return {}
    query = select(Request, Organisation).join(Organisation, Organisation.id == Request.organisation_id)
    rows = session.execute(query.where(Request.id.in_(request_ids)).order_by(Request.id)).all()
    moments = _moments(session, request_ids)
    topics = _request_topics(session, request_ids)
    boards = {school.parent_id or school.id for _row, school in rows}
    rules = rules_of_boards(session, boards)
    visits = visits_at_schools(session, {school.id for _row, school in rows}, as_of=now)
    around = Around(session)
    away = times_away(session, [row for row, _school in rows], now)
    return {
        row.id: _request_view(
            row,
            school,
            moments=tuple(moments[row.id]),
            topics=frozenset(topics[row.id]),
            around=around.of(topics[row.id]),
            rules=rules,
            visits=visits.get(school.id, 0),
            busy=away.get(teacher_of(row), ()) if row.kind is Kind.TEACHER_INTERNSHIP else (),
            now=now,
        )
        for row, school in rows
    }


def _request_view(
    row: Request,
    school: Organisation,
    *,
    moments: tuple[MomentView, ...],
    topics: frozenset[int],
    around: tuple[dict[int, float], ...],
    rules: Sequence[Rule],
    visits: int,
    busy: tuple[Part, ...],
    now: datetime,
) -> RequestView:
    board_id = school.parent_id or school.id
    first_day = moments[0].day if moments else row.window_from or local_date(now)
    return RequestView(
        id=row.id,
        revision=row.revision,
        kind=row.kind,
        organisation_id=school.id,
        board_id=board_id,
        lat=school.lat or 0.0,
        lon=school.lon or 0.0,
        level=row.level,
        level_bit=LEVEL_BITS.get(Level(row.level), 0) if row.level else 0,
        language=row.language,
        delivery=row.delivery,
        group_size=row.group_size,
        max_km=row.max_km,
        topics=topics,
        closeness={topic: max(each.get(topic, 0.0) for each in around) for each in around for topic in each},
        around=around,
        moments=moments,
        school_year=school_year(first_day),
        holiday_region=school.holiday_region,
        proof=requirement([rule for rule in rules if rule.board_id in (None, board_id)], _visit(row, board_id)),
        school_visits=visits,
        asked=asked_of(row.hours, row.details) if row.kind is Kind.TEACHER_INTERNSHIP else None,
        weekly=max(1, round(row.days or 1)) if row.kind is Kind.HYBRID_PLACEMENT else 0,
        busy=busy,
        first_offer=row.first_offer_id,
        **said_by_request(row.kind, row.title, row.costs, row.hours, row.details or {}),
    )


class Around:
    """Per topic asked for every topic close enough to count as common; each topic is looked up once."""

    def __init__(self, session: Session) -> None:
        self._known = vocabulary(session)
        self._codes = {number: code for code, number in self._known.ids.items()}
        self._near: dict[int, dict[int, float]] = {}

    def of(self, topic_ids: Collection[int]) -> tuple[dict[int, float], ...]:
        """Themes before the broader subjects."""
        return tuple(self._around(topic) for topic in sorted(topic_ids, key=self._order))

    def _order(self, topic: int) -> tuple[bool, int]:
        return self._known.entries[self._codes[topic]].type == TopicType.SUBJECT.value, topic

    def _around(self, topic: int) -> dict[int, float]:
        if topic not in self._near:
            near = expand([self._codes[topic]], self._known)
            self._near[topic] = {self._known.ids[code]: closeness for code, closeness in near.items()}
        return self._near[topic]


def _visit(request: Request, board_id: int) -> Visit:
    """As it is meant to be: a named teacher stays in the room of a guest lecture, a hybrid teacher comes every week."""
    return Visit(
        request.kind.value,
        request.level,
        supervised=request.kind is Kind.GUEST_LECTURE,
        structural=request.kind is Kind.HYBRID_PLACEMENT,
        board_id=board_id,
    )


def _moments(session: Session, request_ids: Collection[int]) -> dict[int, list[MomentView]]:
    moment = RequestMoment
    query = (
        select(moment.request_id, moment.id, moment.start_s, moment.end_s, moment.parts)
        .where(RequestMoment.request_id.in_(request_ids))
        .order_by(RequestMoment.start_s, RequestMoment.end_s)
    )
    found: dict[int, list[MomentView]] = defaultdict(list)
    for row in session.execute(query):
        found[row.request_id].append(MomentView.of(row.id, row.start_s, row.end_s, row.parts))
    return found


def _request_topics(session: Session, request_ids: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    query = select(RequestTopic.request_id, RequestTopic.topic_id).where(RequestTopic.request_id.in_(request_ids))
    for request_id, topic_id in session.execute(query):
        found[request_id].add(topic_id)
    return found


def offer_views(
    session: Session, request: RequestView, offer_ids: Collection[int], *, now: datetime
) -> dict[int, OfferView]:
    """Offer id → everything that counts for this request as known at `now`, in a fixed number of statements."""
    if not offer_ids:
        return {}
    rows = session.execute(offer_query(offer_ids)).all()
    people = {row.Offer.person_id for row in rows if row.Offer.person_id is not None}
    companies = {row.Offer.organisation_id for row in rows}
    found = tallies(session, request, person_ids=people, offer_ids=offer_ids, as_of=now)
    earlier = partnerships(session, request.organisation_id, companies, as_of=now)
    standing = {pair[1] for pair in standing_pairs(session, [request.organisation_id], companies, as_of=now)}
    hours = hours_given(session, with_budget(rows), as_of=now)
    spent = taken_by_companies(session, rows, [request.school_year])
    owners = {row.Offer.id: owner_of(person_id=row.Offer.person_id, offer_id=row.Offer.id) for row in rows}
    weeks = weeks_around(session, request, set(owners.values()), now)
    holds = holds_around(session, request, people, now=now)
    topics = offer_topics(session, offer_ids)
    proofs = proofs_of(session, people, request.board_id)
    taken = taken_places(session, request, offer_ids, now=now)
    blocked = _blocked(session, request, now)
    views = {}
    for row in rows:
        offer: Offer = row.Offer
        view = bare_view(row, weeks[owners[offer.id]], topics[offer.id], hours)
        views[offer.id] = replace(
            view,
            holds=tuple(holds.get(offer.person_id or 0, ())),
            proofs=tuple(proofs.get(offer.person_id or 0, ())),
            company_left=company_left(row, spent, request.school_year),
            taken_places=taken.get(offer.id, ()),
            blocked=("person", offer.person_id) in blocked or ("organisation", offer.organisation_id) in blocked,
            **past_of(found, offer, request, earlier, standing, now),
        )
    return views


def past_of(
    found: dict[Guest, Tally],
    offer: Offer,
    request: RequestView,
    earlier: dict[int, int],
    standing: Collection[int],
    now: datetime,
) -> dict[str, Any]:
    """A recorded partnership counts as much as the visits that make one."""
    tally = found.get(guest_of(offer.person_id, offer.id)) or Tally()
    visits, stands = earlier.get(offer.organisation_id, 0), offer.organisation_id in standing and not offer.own_name
    partnership = max(visits, STANDING_VISITS) if stands else visits
    faded = remembered(tally.memory, request, Place(offer.lat, offer.lon), now)
    history = replace(tally.history, partnership=partnership, standing=stands, **faded)
    return {"history": history, "already_asked": request.id in tally.asked_by}


def weeks_around(
    session: Session, request: RequestView, owners: set[Owner], now: datetime
) -> dict[Owner, Availability]:
    from_s, to_s = _span(request, now)
    return availabilities(session, owners, on=local_date(now), from_s=from_s, to_s=to_s)


def _span(request: RequestView, now: datetime) -> tuple[int, int]:
    """From now to past the last moment, with room for travel and for moments tried on other days."""
    last = max((moment.end_s for moment in request.moments), default=int(now.timestamp()))
    return int(now.timestamp()) - DAY_SECONDS, last + 40 * DAY_SECONDS


def holds_around(
    session: Session, request: RequestView, people: Collection[int], *, now: datetime
) -> dict[int, list[Hold]]:
    """What holds each person, as visits with their pads and place."""
    if not request.moments:
        return {}
    first, last = min(m.start_s for m in request.moments), max(m.end_s for m in request.moments)
    query = (
        select(Booking, Request.organisation_id, Request.delivery, Offer.delivery.label("offered"))
        .join(Match, Match.id == Booking.match_id)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .where(Booking.party == Party.PERSON, Booking.party_id.in_(people), held_at(session, now))
        .where(Booking.start_s < last + 40 * DAY_SECONDS, Booking.end_s > first - 8 * DAY_SECONDS)
    )
    found: dict[int, list[Hold]] = defaultdict(list)
    for booking, school_id, asked, offered in session.execute(query):
        online = Delivery.ONLINE in (asked, offered)
        found[booking.party_id].append(
            Hold(
                booking.start_s + booking.pad_before_s,
                booking.end_s - booking.pad_after_s,
                booking.pad_before_s,
                booking.pad_after_s,
                None if online else f"school:{school_id}",
                booking.id,
            )
        )
    return found


def offer_topics(session: Session, offer_ids: Collection[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    query = select(OfferTopic.offer_id, OfferTopic.topic_id).where(OfferTopic.offer_id.in_(offer_ids))
    for offer_id, topic_id in session.execute(query):
        found[offer_id].add(topic_id)
    return defaultdict(frozenset, {offer_id: frozenset(topics) for offer_id, topics in found.items()})


def _blocked(session: Session, request: RequestView, now: datetime) -> set[tuple[str, int | None]]:
    """People and organisations with whom the school side does not work, whoever of the two said so."""
    row = session.execute(select(Request.asked_by_id, Request.teacher_id).where(Request.id == request.id)).one()
    people = {row.asked_by_id, row.teacher_id} - {None}
    schools = {request.organisation_id, request.board_id} - {None}
    query = select(Block).where(Block.at <= now, or_(Block.ended_at.is_(None), Block.ended_at > now))
    ours = or_(Block.by_user_id.in_(people), Block.by_organisation_id.in_(schools))
    theirs = or_(Block.of_user_id.in_(people), Block.of_organisation_id.in_(schools))
    found: set[tuple[str, int | None]] = set()
    for block in session.scalars(query.where(or_(ours, theirs))):
        found |= {("person", block.by_user_id), ("person", block.of_user_id)}
        found |= {("organisation", block.by_organisation_id), ("organisation", block.of_organisation_id)}
    return found - {("person", None), ("organisation", None)}
