"""What a dashboard shows: matches and requests, sorted by what needs this person. A fixed number of statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.availability.states import Kind
from matcher.home.board import Board, BoardMatch, BoardRequest
from matcher.matching.models import Match, MatchMoment
from matcher.matching.placement_wording import state_words
from matcher.matching.policy import MatchFacts, holders, sides_of
from matcher.matching.queries import agreed_of_company, facts_of, matches_of_company_side, matches_of_school_side
from matcher.matching.states import LIVE, MatchState, Side
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState


def school_board(session: Session, *, actor: Actor, now: datetime) -> Board:
    """For teachers and school leaders: partners are guests."""
    matches = matches_of_school_side(session, actor, now)
    return _sorted(_lines(session, matches, actor, now, of_guest=True), _requests(session, actor, now))


def company_board(session: Session, *, actor: Actor, now: datetime) -> Board:
    """For guests and company contacts: partners are schools, after the name of the colleague whose visit it is."""
    own = matches_of_company_side(session, actor, now)
    known = {match.id for match in own}
    others = [match for match in agreed_of_company(session, actor) if match.id not in known]
    lines = _lines(session, [*own, *others], actor, now, of_guest=False)
    who = _guests(session, others) if others else {}
    return _sorted([replace(line, guest=who.get(line.match_id, "")) for line in lines], [])


def _sorted(lines: Iterable[BoardMatch], requests: list[BoardRequest]) -> Board:
    board = Board(requests=requests)
    for line in lines:
        if line.is_mine:
            board.mine.append(line)
        elif line.state is MatchState.APPROVED and not line.ended:
            board.coming.append(line)
        elif line.state in LIVE:
            board.waiting.append(line)
        elif line.state in {MatchState.HELD, MatchState.MISSED}:
            board.past.append(line)
    for lines_of_a_kind in (board.mine, board.waiting, board.coming):
        lines_of_a_kind.sort(key=_when)
    board.past.sort(key=lambda line: (line.day or date.min, line.match_id), reverse=True)
    return board


def _when(line: BoardMatch) -> tuple[date, int]:
    deadline = line.expires_at.date() if line.expires_at else line.day
    return deadline or date.max, line.match_id


def _lines(
    session: Session, matches: Sequence[Match], actor: Actor, now: datetime, *, of_guest: bool
) -> list[BoardMatch]:
    facts = facts_of(session, matches, now)
    requests = {row.id: row for row in session.scalars(_requests_of(matches))}
    names = _guests(session, matches) if of_guest else _schools(session, requests.values())
    moments = _chosen(session, [match.id for match in matches])
    return [
        _line(match, facts[match.id], requests[match.request_id], moments.get(match.id), actor, now,
              names.get(match.id if of_guest else requests[match.request_id].organisation_id, ""))
        for match in matches
    ]  # fmt: skip


def _line(
    match: Match,
    facts: MatchFacts,
    request: Request,
    moment: MatchMoment | None,
    actor: Actor,
    now: datetime,
    partner: str,
) -> BoardMatch:
    sides, turn = sides_of(facts, actor), holders(facts, now)
    return BoardMatch(
        match_id=match.id,
        title=request.title,
        partner=partner,
        state=match.state,
        turn=turn,
        is_mine=bool(turn & sides - {Side.COORDINATOR}),
        day=moment.day if moment else None,
        starts=moment.starts if moment else None,
        ended=facts.ends is not None and now >= facts.ends,
        expires_at=match.expires_at if match.state is MatchState.PROPOSED else None,
        kind=match.kind,
        seen=now,
        request_id=match.request_id,
        stands=state_words(facts) if match.kind is Kind.HYBRID_PLACEMENT else "",
    )


def _requests_of(matches: Sequence[Match]) -> Select[Request]:
    return select(Request).where(Request.id.in_({match.request_id for match in matches}))


def _chosen(session: Session, ids: Sequence[int]) -> dict[int, MatchMoment]:
    query = select(MatchMoment).where(MatchMoment.match_id.in_(ids), MatchMoment.chosen)
    return {moment.match_id: moment for moment in session.scalars(query)}


def _guests(session: Session, matches: Sequence[Match]) -> dict[int, str]:
    people = {match.id: match.visitor_id or match.professional_id for match in matches}
    query = select(User.id, User.name).where(User.id.in_({user for user in people.values() if user}))
    names: dict[int, str] = dict(session.execute(query).all())
    companies = _companies(session, [match for match in matches if match.kind is Kind.TEACHER_INTERNSHIP])
    return {match_id: companies.get(match_id) or names.get(user or 0, "") for match_id, user in people.items()}


def _companies(session: Session, stays: Sequence[Match]) -> dict[int, str]:
    """Match id → where the teacher goes."""
    query = (
        select(Match.id, Organisation.name)
        .join(Offer, Offer.id == Match.offer_id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .where(Match.id.in_([match.id for match in stays]))
    )
    return dict(session.execute(query).all()) if stays else {}


def _schools(session: Session, requests: Iterable[Request]) -> dict[int, str]:
    query = select(Organisation.id, Organisation.name, Organisation.place)
    rows = session.execute(query.where(Organisation.id.in_({request.organisation_id for request in requests})))
    return {row.id: ", ".join(part for part in (row.name, row.place) if part) for row in rows}


def _requests(session: Session, actor: Actor, now: datetime) -> list[BoardRequest]:
    """Drafts and open requests; newest first."""
    led = [grant.organisation_id for grant in actor.grants if grant.role is Role.SCHOOL_LEAD and grant.confirmed]
    query = (
        select(Request)
        .where(
            or_(Request.asked_by_id == actor.user_id, Request.organisation_id.in_(led)),
            Request.state.in_((RequestState.DRAFT, RequestState.OPEN)),
        )
        .order_by(Request.changed_at.desc(), Request.id.desc())
        .limit(50)
    )
    rows = session.scalars(query).all()
    counted = select(Match.request_id, Match.state, func.count()).where(Match.request_id.in_([row.id for row in rows]))
    counts: dict[int, Counter[MatchState]] = defaultdict(Counter)
    for request_id, state, count in session.execute(counted.group_by(Match.request_id, Match.state)):
        counts[request_id][state] = count
    return [_request_line(row, counts[row.id], now) for row in rows]


def _request_line(row: Request, counts: Counter[MatchState], now: datetime) -> BoardRequest:
    return BoardRequest(
        request_id=row.id,
        title=row.title,
        state=row.state,
        needed=row.needed,
        asked=counts[MatchState.PROPOSED],
        agreed=counts[MatchState.ACCEPTED],
        settled=counts[MatchState.APPROVED] + counts[MatchState.HELD],
        last_day=row.window_to,
        kind=row.kind,
        seen=now,
        held_back=row.held_back,
    )
