"""What a person's calendar link shows: every visit of theirs, in as many statements for three as for three hundred."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.states import Role
from matcher.accounts.tokens import hashed
from matcher.availability.moments import day_range
from matcher.clock import local_date, school_year, school_year_dates
from matcher.matching.calendar import Entry
from matcher.matching.download_queries import location_of
from matcher.matching.feed_models import CalendarFeed
from matcher.matching.feeds import KEPT_CANCELLED, MOST_VISITS
from matcher.matching.models import HybridStepTaken, Match, MatchEvent, MatchMoment
from matcher.matching.moments import visits_of
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request

STATUS = {MatchState.ACCEPTED: "TENTATIVE", MatchState.APPROVED: "CONFIRMED", MatchState.HELD: "CONFIRMED"}
_AGREED = (MatchState.ACCEPTED.value, MatchState.APPROVED.value)
_ENDED = (MatchState.CANCELLED, MatchState.WITHDRAWN, MatchState.REJECTED, MatchState.EXPIRED)


@dataclass(frozen=True)
class FoundFeed:
    """A live link and whose it is."""

    feed: CalendarFeed
    locale: str


def feed_of(session: Session, user_id: int) -> CalendarFeed | None:
    return session.get(CalendarFeed, user_id)


def feed_by_token(session: Session, token: str) -> FoundFeed | None:
    """Whose link this is; nobody's when it was renewed or switched off, or its person is gone."""
    query = (
        select(CalendarFeed, User.locale)
        .join(User, User.id == CalendarFeed.user_id)
        .where(CalendarFeed.token_hash == hashed(token), User.stopped_at.is_(None), User.erased_at.is_(None))
    )
    row = session.execute(query).one_or_none()
    return FoundFeed(row[0], row[1]) if row is not None else None


def entries_of(session: Session, user_id: int, *, now: datetime, host: str, base_url: str) -> list[Entry]:
    """This person's visits since the last school year began, with the ids and numbers of their invitations."""
    since_s = day_range(school_year_dates(school_year(local_date(now)) - 1)[0])[0]
    query = (
        select(Match, Request, Offer.organisation_id, MatchEvent)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(MatchEvent, and_(MatchEvent.match_id == Match.id, MatchEvent.seq == Match.seq))
        .where(_is_mine(user_id), _is_shown(now))
        .order_by(Match.id.desc())
        .limit(MOST_VISITS)
    )
    rows = session.execute(query).all()
    moments = _moments(session, [(match.id, event) for match, _request, _company, event in rows], since_s)
    numbers = _early_ends(session, [match.id for match, *_rest in rows])
    places = _organisations(
        session, {one for _m, request, company, _e in rows for one in (request.organisation_id, company)}
    )
    found = []
    for match, request, company_id, event in rows:
        moment = moments.get(match.id)
        if moment is None:
            continue
        school = places[request.organisation_id]
        found.append(
            Entry(
                uid=f"match-{match.id}@{host}",
                sequence=match.seq + numbers[match.id],
                status=STATUS.get(match.state, "CANCELLED"),
                visits=tuple(visits_of(moment)),
                summary=f"{request.title} – {school.name}",
                description=request.own_words,
                location=location_of(request, school, places[company_id]),
                address=f"{base_url}/matches/{match.id}",
                changed_at=event.at,
            )
        )
    return sorted(found, key=lambda entry: (entry.visits[0], entry.uid))


def fingerprint(entries: Sequence[Entry], name: str) -> str:
    """Equal for equal feeds; told before the feed is put together, so that nothing new costs next to nothing."""
    return hashlib.sha256(repr((name, entries)).encode()).hexdigest()[:32]


def _is_mine(user_id: int) -> ColumnElement[bool]:
    """Who gets the invitations: the asker, the guest, and the company's contacts as long as it names nobody. And the
    teacher of the class."""
    contact = exists().where(
        Grant.user_id == user_id,
        Grant.organisation_id == Offer.organisation_id,
        Grant.role == Role.COMPANY_CONTACT,
        Grant.ended_at.is_(None),
        Grant.confirmed_at.is_not(None),
    )
    nameless = and_(Match.visitor_id.is_(None), Match.professional_id.is_(None))
    return or_(
        Request.asked_by_id == user_id,
        Match.teacher_id == user_id,
        Match.visitor_id == user_id,
        and_(Match.visitor_id.is_(None), Match.professional_id == user_id),
        and_(nameless, contact),
    )


def _is_shown(now: datetime) -> ColumnElement[bool]:
    lately = and_(Match.state.in_(_ENDED), MatchEvent.from_state.in_(_AGREED), MatchEvent.at > now - KEPT_CANCELLED)
    return or_(Match.state.in_(tuple(STATUS)), lately)


def _moments(session: Session, rows: Sequence[tuple[int, MatchEvent]], since_s: int) -> dict[int, MatchMoment]:
    """Match → its agreed moment; of one that ended the moment its last step names."""
    named = [int(event.details["moment_id"]) for _id, event in rows if event.details.get("moment_id")]
    query = select(MatchMoment).where(
        MatchMoment.match_id.in_([match_id for match_id, _event in rows]),
        or_(MatchMoment.chosen, MatchMoment.id.in_(named)),
        MatchMoment.end_s > since_s,
    )
    found: dict[int, MatchMoment] = {}
    for moment in session.scalars(query.order_by(MatchMoment.chosen)):
        found[moment.match_id] = moment
    return found


def _early_ends(session: Session, match_ids: Sequence[int]) -> Counter[int]:
    """How often an early end, or taking it back, changed a placement's calendar between two steps."""
    rows = session.scalars(select(HybridStepTaken).where(HybridStepTaken.match_id.in_(match_ids)))
    counts: Counter[int] = Counter()
    for row in rows:
        if row.cut:
            counts[row.match_id] += 1 + (row.taken_back_at is not None)
    return counts


def _organisations(session: Session, ids: set[int]) -> dict[int, Organisation]:
    return {one.id: one for one in session.scalars(select(Organisation).where(Organisation.id.in_(ids)))}
