"""What hangs on somebody who wants to go: what must be arranged first, what ends, and whom it goes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.states import Role
from matcher.availability.states import Kind
from matcher.clock import local_date
from matcher.i18n import _, _l, format_day_month
from matcher.ledger import ErasedPerson
from matcher.matching.leaving_queries import UNFINISHED, successor_of
from matcher.matching.models import HybridStepTaken, Match, MatchEvent, MatchMoment
from matcher.matching.states import LIVE, HybridStep, MatchState
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.regions.models import Region
from matcher.requests.models import Request, RequestRevision
from matcher.requests.states import RequestState


@dataclass(frozen=True)
class Hanging:
    """What goes with the account: `handed` are requests a colleague takes over, by title and name; the rest ends."""

    handed: tuple[tuple[str, str], ...]
    requests: tuple[str, ...]
    drafts: int
    visits: tuple[str, ...]
    invitations: int
    offers: int


def obstacles(session: Session, user_id: int, *, now: datetime) -> list[str]:
    """What this person has to arrange before the account can go, in sentences. Empty: nothing."""
    found = [
        _("You are the only coordinator of %(region)s. Name another coordinator for this region first.", region=name)
        for name in _only_coordinator_of(session, user_id)
    ]
    if _is_only_administrator(session, user_id):
        found.append(_("You are the only administrator. Make somebody else administrator first."))
    begun = _l("“%(title)s” has begun. Say on its page which day is the last, or ask the school.")
    return [*found, *(str(begun) % {"title": title} for title in _going_on(session, user_id, now))]


def hanging_on(session: Session, user_id: int, *, now: datetime) -> Hanging:
    """For the page that says what happens, in a number of statements that grows only with unfinished requests."""
    handed, ending, drafts = [], [], 0
    for request in session.scalars(_unfinished(user_id)):
        if request.state is RequestState.DRAFT:
            drafts += 1
        elif request.window_to is not None and request.window_to < local_date(now):
            continue  # its last day is over: nothing of it ends, and nobody hears anything
        elif (successor := successor_for(session, request, now)) is None:
            ending.append(_titled(request, now))
        else:
            handed.append((_titled(request, now), session.get_one(User, successor).name))
    ahead = select(Match, Request.title).join(Request, Request.id == Match.request_id).where(_is_guest(user_id))
    rows = session.execute(ahead.where(Match.state.in_(LIVE)).order_by(Match.id)).all()
    agreed = [title for match, title in rows if match.state is not MatchState.PROPOSED]
    offers = select(func.count(Offer.id)).where(Offer.person_id == user_id, Offer.state == OfferState.OPEN)
    waiting, open_offers = len(rows) - len(agreed), session.scalar(offers) or 0
    return Hanging(tuple(handed), tuple(ending), drafts, tuple(agreed), waiting, open_offers)


def _titled(request: Request, now: datetime) -> str:
    """With its last day: a teacher asks the same again."""
    if request.window_to is None:
        return request.title
    last = _("until %(day)s", day=format_day_month(request.window_to, now))
    return f"{request.title}, {last}"


def successor_for(session: Session, request: Request, now: datetime) -> int | None:
    """Who goes on with it. A draft nobody saw and an internship were the asker's own: they end."""
    if request.state is RequestState.DRAFT or request.kind is Kind.TEACHER_INTERNSHIP:
        return None
    return successor_of(session, request, now)


def unfinished_requests(session: Session, user_id: int) -> list[int]:
    return [request.id for request in session.scalars(_unfinished(user_id))]


def formerly_asked(session: Session, user_id: int) -> list[int]:
    """Requests that go on at a colleague's with the words of this person, who left that school before."""
    marked = cast(Request.details, String).contains(f",p{user_id},")
    query = select(Request.id).where(marked, Request.state.in_(UNFINISHED), Request.asked_by_id != user_id)
    return list(session.scalars(query.order_by(Request.id)))


def taught_requests(session: Session, user_id: int) -> list[int]:
    """Unfinished requests of a colleague for whose class this person is the teacher."""
    query = select(Request.id).where(Request.teacher_id == user_id, Request.asked_by_id != user_id)
    return list(session.scalars(query.where(Request.state.in_(UNFINISHED)).order_by(Request.id)))


def guest_matches(session: Session, user_id: int) -> list[int]:
    """Live matches in which this person comes, or is asked to."""
    return list(session.scalars(select(Match.id).where(_is_guest(user_id), Match.state.in_(LIVE)).order_by(Match.id)))


def still_ahead(session: Session, user_id: int, *, now: datetime) -> bool:
    """Is anything left that would be stranded?"""
    chosen = and_(MatchMoment.match_id == Match.id, MatchMoment.chosen)
    query = (
        select(Match.id)
        .join(Request, Request.id == Match.request_id)
        .outerjoin(MatchMoment, chosen)
        .where(
            Match.state.in_(LIVE),
            or_(_is_guest(user_id), Request.asked_by_id == user_id, Match.teacher_id == user_id),
            or_(MatchMoment.id.is_(None), MatchMoment.end_s > now.timestamp()),
        )
    )
    return session.scalars(query.limit(1)).first() is not None


def subjects_of(session: Session, user_id: int) -> dict[str, list[int]]:
    """What letters may be about that name this person or carry their words."""
    wrote = select(RequestRevision.request_id).where(RequestRevision.by_id == user_id)
    marked = cast(Request.details, String).contains(f",p{user_id},")
    own = select(Request.id).where(or_(Request.asked_by_id == user_id, Request.id.in_(wrote), marked))
    requests = list(session.scalars(own))
    acted = select(MatchEvent.match_id).where(
        or_(MatchEvent.actor_id == user_id, MatchEvent.on_behalf_by_id == user_id)
    )
    people = (Match.professional_id, Match.visitor_id, Match.teacher_id, Match.proposed_by_id, Match.on_behalf_by_id)
    about = or_(
        *(column == user_id for column in people),
        Match.id.in_(acted),
        Match.request_id.in_(own),
    )
    matches = list(session.scalars(select(Match.id).where(about)))
    return {"request": requests, "match": matches, "message": matches}


def erased_people(session: Session) -> list[ErasedPerson]:
    """Everybody who erased their account, for the ledger."""
    query = select(User.id, User.created_at, User.erased_at).where(User.erased_at.is_not(None)).order_by(User.id)
    rows = session.execute(query).all()
    return [
        ErasedPerson(row.id, row.created_at.isoformat(), row.erased_at.isoformat()) for row in rows if row.erased_at
    ]


def came_back(session: Session, people: Iterable[ErasedPerson]) -> list[int]:
    """Who of them has an account in this database: it is older than their erasing."""
    wanted = {person.key for person in people}
    query = select(User.id, User.created_at).where(User.erased_at.is_(None)).order_by(User.id)
    return [row.id for row in session.execute(query) if (row.id, row.created_at) in wanted]


def _is_guest(user_id: int) -> ColumnElement[bool]:
    return func.coalesce(Match.visitor_id, Match.professional_id) == user_id


def _unfinished(user_id: int) -> Select[Request]:
    query = select(Request).where(Request.asked_by_id == user_id, Request.state.in_(UNFINISHED))
    return query.order_by(Request.id)


def _going_on(session: Session, user_id: int, now: datetime) -> list[str]:
    """Placements that have begun: of the guest, and of a leader whose request nobody would take over."""
    began = exists().where(
        HybridStepTaken.match_id == Match.id,
        HybridStepTaken.step == HybridStep.STARTED,
        HybridStepTaken.taken_back_at.is_(None),
    )
    query = select(Request, Match).join(Match, Match.request_id == Request.id).order_by(Match.id)
    mine = or_(_is_guest(user_id), Request.asked_by_id == user_id)
    return [
        request.title
        for request, match in session.execute(query.where(Match.state == MatchState.APPROVED, began, mine)).all()
        if user_id in {match.visitor_id, match.professional_id} or successor_for(session, request, now) is None
    ]


def _only_coordinator_of(session: Session, user_id: int) -> list[str]:
    mine = _serves(user_id, Role.COORDINATOR)
    other = Grant.__table__.alias()
    others = (
        exists()
        .where(
            other.c.region_id == Grant.region_id,
            other.c.role == Role.COORDINATOR,
            other.c.user_id != user_id,
            other.c.user_id == User.id,
            other.c.ended_at.is_(None),
            other.c.confirmed_at.is_not(None),
            other.c.stand_in.is_(False),
            User.stopped_at.is_(None),
            User.erased_at.is_(None),
        )
        .correlate(Grant)
    )
    query = select(Region.name).join(Grant, Grant.region_id == Region.id).where(*mine, ~others)
    return list(session.scalars(query.where(Region.valid_to.is_(None)).order_by(Region.name)))


def _is_only_administrator(session: Session, user_id: int) -> bool:
    if session.scalars(select(Grant.id).where(*_serves(user_id, Role.ADMINISTRATOR))).first() is None:
        return False
    others = select(User.id).join(Grant, Grant.user_id == User.id)
    alive = (User.id != user_id, User.stopped_at.is_(None), User.erased_at.is_(None))
    live = (Grant.role == Role.ADMINISTRATOR, Grant.ended_at.is_(None), Grant.confirmed_at.is_not(None))
    return session.scalars(others.where(*alive, *live).limit(1)).first() is None


def _serves(user_id: int, role: Role) -> tuple[ColumnElement[bool], ...]:
    return (
        Grant.user_id == user_id,
        Grant.role == role,
        Grant.ended_at.is_(None),
        Grant.confirmed_at.is_not(None),
        Grant.stand_in.is_(False),
    )
