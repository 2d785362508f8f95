"""How a match begins: a proposal, the people ticked in order (three wait at most), a colleague who takes over."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for, members_of
from matcher.accounts.states import COMPANY_ROLES
from matcher.db import lock_row
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.matching.begin_services import begin
from matcher.matching.behalf import Voice
from matcher.matching.behalf_services import asking_voice
from matcher.matching.booking_services import release
from matcher.matching.budget_services import BudgetSpent
from matcher.matching.door_services import lock_companies, locked, permitted, step
from matcher.matching.eligibility import NeverCode
from matcher.matching.kept_queries import KEPT, kept
from matcher.matching.models import Match
from matcher.matching.notice_services import tell
from matcher.matching.pair_services import check_no_pair
from matcher.matching.states import LIVE, TAKES_PLACE, UNDO_SECONDS, Action, DeclineReason, MatchState, Side
from matcher.matching.suggestion_models import RequestTick, Suggestion
from matcher.matching.suggestion_queries import latest_run, verdicts
from matcher.matching.trials import trial_of
from matcher.matching.wording import never_sentence
from matcher.offers.models import Offer
from matcher.regions.policy import OPEN_INVITATIONS
from matcher.regions.queries import region_rule
from matcher.requests.models import Request
from matcher.requests.states import RequestState

MOST_TICKS = 20
SOMEBODY_COMES = _l("Somebody else is already coming to this class.")


def propose(
    session: Session,
    *,
    request_id: int,
    offer_id: int,
    side: Side,
    actor: Actor,
    now: datetime,
    wave: int = 1,
    suggestion_id: int | None = None,
    said: Voice | None = None,
    half_days: Collection[int] | None = None,
    details: dict[str, Any] | None = None,
) -> Match:
    """Ask the other side; `half_days` are the only ones of a vacancy, where two people fill it or it becomes smaller.
    Raises Conflict with the reason when this offer may not be asked for this request."""
    outcome = _asked(
        session,
        request_id=request_id,
        offer_id=offer_id,
        side=side,
        actor=actor,
        now=now,
        wave=wave,
        suggestion_id=suggestion_id,
        said=said,
        half_days=half_days,
        details=details,
    )
    if isinstance(outcome, NeverCode):
        raise Conflict(never_sentence(outcome, session.get_one(Request, request_id).kind))
    return outcome


def _asked(
    session: Session,
    *,
    request_id: int,
    offer_id: int,
    side: Side,
    actor: Actor,
    now: datetime,
    wave: int,
    suggestion_id: int | None,
    said: Voice | None = None,
    half_days: Collection[int] | None = None,
    details: dict[str, Any] | None = None,
    lifted: Collection[NeverCode] = (),
) -> Match | NeverCode:
    """The proposal, or why this offer may not be asked, but for what is `lifted`; judged once, with the locks held."""
    offer = _found(session, Offer, offer_id)
    lock_people(session, [offer_id])
    request = lock_row(session, Request, request_id)
    trial = trial_of(request.details)
    if trial is not None and trial.person_id != offer.person_id:
        raise Conflict(SOMEBODY_COMES)
    if half_days is None:
        check_no_pair(session, request)
    check_open(session, request)
    verdict = verdicts(session, request_id, [offer_id], now=now)[offer_id]
    enough = half_days is not None and set(half_days) <= set(verdict.open_moments)
    lifted = {*lifted, *([NeverCode.DAYS] if enough else []), *_own_wishes(session, request, offer_id, side)}
    never = [code for code in verdict.never if code not in lifted]
    if half_days is not None and not enough:
        never.append(NeverCode.MOMENTS)
    if never:
        return never[0]
    try:
        return begin(
            session,
            request,
            offer,
            side=side,
            actor=actor,
            now=now,
            wave=wave,
            suggestion_id=suggestion_id,
            professional_id=offer.person_id,
            open_moments=set(verdict.open_moments if half_days is None else half_days),
            details=details,
            said=said,
        )
    except BudgetSpent as spent:
        return spent.code


def _own_wishes(session: Session, request: Request, offer_id: int, side: Side) -> set[NeverCode]:
    """How many questions may wait for an answer limits being asked, not offering oneself."""
    free = side is Side.COMPANY or _is_asked_for_series(session, request, offer_id)
    return {NeverCode.OPEN_ASKS} if free else set()


def _is_asked_for_series(session: Session, request: Request, offer_id: int) -> bool:
    """The lessons of one series are one question."""
    if request.series_id is None:
        return False
    query = select(Match.id).join(Request, Request.id == Match.request_id)
    asked = query.where(
        Request.series_id == request.series_id, Match.offer_id == offer_id, Match.state == MatchState.PROPOSED
    )
    return session.scalar(asked.limit(1)) is not None


def tick(
    session: Session, *, request_id: int, offer_ids: Sequence[int], actor: Actor, now: datetime
) -> list[RequestTick]:
    """Remember whom the asker ticked, in that order, behind those ticked before. The caller checked the right."""
    wanted = list(dict.fromkeys(offer_ids))
    if not wanted:
        raise InvalidInput(_l("Tick at least one person to ask."), field="offers")
    if len(wanted) > MOST_TICKS:
        raise InvalidInput(_l("Tick twenty people at most."), field="offers")
    request = lock_row(session, Request, request_id)
    if not request.held_back:
        check_open(session, request)
    known = set(session.scalars(select(Offer.id).where(Offer.id.in_(wanted))))
    if set(wanted) - known:
        raise NotFound()
    wave = 1 + (session.scalar(select(func.max(RequestTick.wave)).where(RequestTick.request_id == request_id)) or 0)
    waiting = set(waiting_offers(session, request_id))
    suggestion_ids = _newest_suggestions(session, request_id, wanted)
    ticks = [
        RequestTick(
            request_id=request_id,
            offer_id=offer_id,
            wave=wave,
            position=position,
            suggestion_id=suggestion_ids.get(offer_id),
            ticked_by_id=actor.user_id,
            ticked_at=now,
        )
        for position, offer_id in enumerate((each for each in wanted if each not in waiting), start=1)
    ]
    session.add_all(ticks)
    session.flush()
    return ticks


def copy_ticks(session: Session, from_id: int, to_id: int) -> None:
    """Who was ticked before a series was sent is asked for each of its lessons."""
    session.add_all(
        RequestTick(
            request_id=to_id,
            offer_id=row.offer_id,
            wave=row.wave,
            position=row.position,
            ticked_by_id=row.ticked_by_id,
            ticked_at=row.ticked_at,
        )
        for row in _pending(session, from_id)
    )
    session.flush()


def ask_next(session: Session, request_id: int, *, now: datetime) -> list[Match]:
    """Ask again who was to be kept in mind, then invite the next ticked people, until three invitations wait. Who may
    not be asked any more is skipped."""
    lock_people(session, [*waiting_offers(session, request_id), *(row.offer_id for row in kept(session, request_id))])
    request = lock_row(session, Request, request_id)
    asked: list[Match] = []
    for before in kept(session, request_id):
        if not _may_ask(session, request, now):
            break
        outcome = _ask_kept(session, request, before, now)
        if isinstance(outcome, Match):
            asked.append(outcome)
        else:
            before.keep_in_mind = False
    for tick_row in _pending(session, request_id):
        if not _may_ask(session, request, now):
            break
        said = _voice_of(session, request, tick_row.ticked_by_id)
        if said is None:
            break
        tick_row.asked_at = now
        outcome = _asked(
            session,
            request_id=request_id,
            offer_id=tick_row.offer_id,
            side=Side.SCHOOL,
            actor=said.actor,
            said=said,
            now=now,
            wave=tick_row.wave,
            suggestion_id=tick_row.suggestion_id,
        )
        if isinstance(outcome, NeverCode):
            tick_row.skipped_reason = outcome.value
        else:
            asked.append(outcome)
    session.flush()
    return asked


def _may_ask(session: Session, request: Request, now: datetime) -> bool:
    return request.state is RequestState.OPEN and _room(session, request, now) > 0


def _ask_kept(session: Session, request: Request, before: Match, now: datetime) -> Match | NeverCode:
    """The same question by the same side once more: this person said that they may be asked again for this request."""
    if before.side is Side.SCHOOL:
        said = _voice_of(session, request, before.on_behalf_by_id or request.asked_by_id)
    else:
        said = _spoken(lambda: Voice(actor_for(session, before.proposed_by_id or 0)))
    if said is None:
        return NeverCode.NOT_CONFIRMED
    return _asked(
        session,
        request_id=request.id,
        offer_id=before.offer_id,
        side=before.side,
        actor=said.actor,
        said=said,
        now=now,
        wave=before.wave,
        suggestion_id=before.suggestion_id,
        details={KEPT: before.id},
        lifted=(NeverCode.ALREADY_ASKED, NeverCode.OPEN_ASKS),
    )


def _voice_of(session: Session, request: Request, ticked_by_id: int) -> Voice | None:
    """In whose name the school asks: whoever ticked, or the present asker when that person is gone; None for nobody."""
    return _spoken(lambda: asking_voice(session, request, ticked_by_id)) or _spoken(
        lambda: asking_voice(session, request, request.asked_by_id)
    )


def _spoken(voice: Callable[[], Voice]) -> Voice | None:
    try:
        return voice()
    except NotFound:
        return None


def lock_people(session: Session, offer_ids: Sequence[int]) -> None:
    """The people behind these offers and then their organisations, ids rising; all of them are locked before the
    request, so that nobody waits in a ring."""
    query = select(Offer.person_id).where(Offer.id.in_(offer_ids), Offer.person_id.is_not(None)).distinct()
    for person_id in sorted(person for person in session.scalars(query) if person is not None):
        lock_row(session, User, person_id)
    lock_companies(session, offer_ids)


def _pending(session: Session, request_id: int) -> list[RequestTick]:
    query = select(RequestTick).where(RequestTick.request_id == request_id, RequestTick.asked_at.is_(None))
    return list(session.scalars(query.order_by(RequestTick.wave, RequestTick.position)))


def waiting_offers(session: Session, request_id: int) -> list[int]:
    """Who was ticked and not asked yet, in that order."""
    return [row.offer_id for row in _pending(session, request_id)]


def _room(session: Session, request: Request, now: datetime) -> int:
    """How many more invitations may wait; none once every place is taken. A no that can still be taken back waits."""
    counts = dict(
        session.execute(
            select(Match.state, func.count()).where(Match.request_id == request.id).group_by(Match.state)
        ).all()
    )
    if sum(counts.get(state, 0) for state in TAKES_PLACE) >= request.needed:
        return 0
    fresh = select(func.count(Match.id)).where(
        Match.request_id == request.id,
        Match.state == MatchState.DECLINED,
        Match.changed_at > now - timedelta(seconds=UNDO_SECONDS),
    )
    most = int(region_rule(session, request.region_id, request.kind.value, OPEN_INVITATIONS, at=now))
    return most - counts.get(MatchState.PROPOSED, 0) - (session.scalar(fresh) or 0)


def _newest_suggestions(session: Session, request_id: int, offer_ids: Sequence[int]) -> dict[int, int]:
    run = latest_run(session, request_id)
    if run is None:
        return {}
    query = select(Suggestion.offer_id, Suggestion.id).where(
        Suggestion.run_id == run.id, Suggestion.offer_id.in_(offer_ids)
    )
    return dict(session.execute(query).all())


def hand_over(
    session: Session, match_id: int, *, colleague_id: int | None, actor: Actor, now: datetime, seq: int | None = None
) -> Match:
    """A colleague instead (or, without one, the company's contact): this match ends, a new proposal goes to them."""
    if colleague_id is not None:
        lock_row(session, User, colleague_id)
    match, request, offer = locked(session, match_id, seq=seq)
    permitted(session, match, Action.HAND_OVER, actor, now)
    if colleague_id is not None:
        check_colleague(session, offer, colleague_id, but=match.professional_id or actor.user_id)
        check_not_asked(session, request, colleague_id, but=match.id)
    release(session, match.id)
    event = step(
        session,
        match,
        Action.HAND_OVER,
        MatchState.DECLINED,
        actor=actor,
        role=Side.COMPANY,
        now=now,
        reason=DeclineReason.OTHER.value,
        details={"follow_up": "colleague" if colleague_id else "contact"},
    )
    tell(session, match, request, offer, event)
    proposer = _spoken(lambda: Voice(actor_for(session, match.proposed_by_id or 0))) or Voice(actor)
    return begin(
        session,
        request,
        offer,
        side=match.side,
        actor=proposer.actor,
        now=now,
        professional_id=colleague_id,
        wave=match.wave,
        suggestion_id=match.suggestion_id,
        details={"instead_of": match.id},
    )


def check_colleague(session: Session, offer: Offer, colleague_id: int, *, but: int | None) -> None:
    """Somebody else of the same company whose place there is confirmed. Raises InvalidInput."""
    if colleague_id == but:
        raise InvalidInput(_l("Choose somebody else than yourself."), field="colleague")
    colleagues = members_of(session, offer.organisation_id, COMPANY_ROLES)
    if colleague_id not in {user.id for user in colleagues if user.do_not_approach_at is None}:
        raise InvalidInput(_l("Choose a confirmed colleague of your own company."), field="colleague")


def check_not_asked(session: Session, request: Request, person_id: int | None, *, but: int) -> None:
    """One live match of a request and a person. Raises Conflict when this person already has another one."""
    asked = select(Match.id).where(
        Match.request_id == request.id, Match.professional_id == person_id, Match.state.in_(LIVE), Match.id != but
    )
    if person_id is not None and session.scalar(asked.limit(1)) is not None:
        raise Conflict(_l("This person was already asked for this request."))


def check_open(session: Session, request: Request) -> None:
    """Raises Conflict for a request that is closed, or whose places are taken."""
    if request.state is not RequestState.OPEN:
        raise Conflict(_l("This request is not open any more."))
    taken = session.scalar(
        select(func.count()).where(Match.request_id == request.id, Match.state.in_(TAKES_PLACE)).select_from(Match)
    )
    if (taken or 0) >= request.needed:
        raise Conflict(SOMEBODY_COMES)


def _found(session: Session, model: Any, row_id: int) -> Any:
    row = session.get(model, row_id) if 0 < row_id < 2**31 else None
    if row is None:
        raise NotFound()
    return row
