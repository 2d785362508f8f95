"""The verbs people use on a match: answering, deciding, ending, undoing. Each is a few lines around the one door.

Every verb takes the lock, asks the rules, books or releases, steps, and tells. Raises NotFound, Forbidden, IllegalMove
(the table or the clock says no), Conflict (somebody was first), InvalidInput. Proposing: proposal_services; reports
and the clock: visit_services.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.errors import Conflict, Forbidden, InvalidInput
from matcher.i18n import _l
from matcher.matching.behalf import OnBehalf, Voice
from matcher.matching.behalf_services import quiet, voice
from matcher.matching.booking_services import book, choose_moment, release, reset_consents, take_place
from matcher.matching.door_services import check_version, locked, permitted, step
from matcher.matching.employer_services import ask_employer
from matcher.matching.fitness_services import check_approvable, check_can_go_on
from matcher.matching.models import Consent, Match, MatchEvent, MatchMoment, Message
from matcher.matching.moment_services import add_half_days, add_moment, expiry_for, moment_of_match
from matcher.matching.moments import parts_of, set_parts
from matcher.matching.notice_services import channels_for, people_of, tell
from matcher.matching.policy import MatchFacts, sides_of
from matcher.matching.queries import chosen_moment, facts_of_match
from matcher.matching.states import Action, CancelReason, DeclineReason, MatchState, RejectReason, Side
from matcher.matching.yes_services import say_yes
from matcher.notices.services import enqueue, withhold
from matcher.offers.models import Offer
from matcher.requests.models import Request


def accept_match(
    session: Session,
    match_id: int,
    *,
    moment_id: int,
    actor: Actor,
    now: datetime,
    seq: int | None = None,
    on_behalf: OnBehalf | None = None,
) -> Match:
    """Yes to one moment. Accepted when no consent is missing any more: then place, person and class are held."""
    match, request, offer = locked(session, match_id)
    said = voice(session, match, request, offer, actor=actor, on_behalf=on_behalf, now=now)
    actor = said.actor
    if _said_before(session, match, actor, Action.ACCEPT, moment_id):
        return match
    check_version(match, seq)
    facts = permitted(session, match, Action.ACCEPT, actor, now)
    side = _asked_side(facts, actor)
    moment = moment_of_match(session, match, moment_id, now)
    before = chosen_moment(session, match.id)
    _check_same_moment(session, match, request, facts, before, moment)
    say_yes(session, match, request, offer, facts, side, moment, before, said, now)
    ask_employer(session, match, request, offer, session.get_one(MatchEvent, (match.id, match.seq)))
    return match


def suggest_moment(
    session: Session,
    match_id: int,
    *,
    day: Any = None,
    starts: str = "",
    ends: str = "",
    half_days: Sequence[int] = (),
    actor: Actor,
    now: datetime,
    seq: int | None = None,
    on_behalf: OnBehalf | None = None,
) -> Match:
    """Another moment, or which of the asked half-days: everybody is asked again but for the side that names it; that
    side has said yes to it."""
    match, request, offer = locked(session, match_id, seq=seq)
    said = voice(session, match, request, offer, actor=actor, on_behalf=on_behalf, now=now)
    actor = said.actor
    facts = permitted(session, match, Action.SUGGEST_MOMENT, actor, now)
    side = _asked_side(facts, actor)
    if request.kind is Kind.GUEST_LECTURE:
        moment = add_moment(session, match, day=day, starts=starts, ends=ends, side=side, now=now)
    else:
        moment = add_half_days(session, match, request, moment_ids=half_days, side=side, now=now)
    reset_consents(session, match.id, but=side)
    choose_moment(session, match.id, moment.id)
    event = step(
        session,
        match,
        Action.SUGGEST_MOMENT,
        MatchState.PROPOSED,
        actor=actor,
        role=side,
        now=now,
        details={"moment_id": moment.id} | said.noted,
        on_behalf_by=said.by_id,
    )
    consent = session.get_one(Consent, (match.id, side))
    consent.given_at, consent.given_by_id, consent.seq = now, actor.user_id, event.seq
    match.expires_at = expiry_for(session, match, request, offer, now)
    return _told(session, match, request, offer, event)


def decline_match(
    session: Session,
    match_id: int,
    *,
    reason: DeclineReason,
    actor: Actor,
    now: datetime,
    note: str = "",
    seq: int | None = None,
    on_behalf: OnBehalf | None = None,
) -> Match:
    """No, with a coded reason; one tap is enough (`none_given`)."""
    match, request, offer = locked(session, match_id)
    said = voice(session, match, request, offer, actor=actor, on_behalf=on_behalf, now=now)
    if _said_before(session, match, said.actor, Action.DECLINE):
        return match
    check_version(match, seq)
    facts = permitted(session, match, Action.DECLINE, said.actor, now)
    side = _asked_side(facts, said.actor)
    event = _end(session, match, Action.DECLINE, MatchState.DECLINED, said, side, now, reason, note)
    return _told(session, match, request, offer, event)


def withdraw_match(
    session: Session,
    match_id: int,
    *,
    reason: CancelReason,
    actor: Actor,
    now: datetime,
    note: str = "",
    seq: int | None = None,
    on_behalf: OnBehalf | None = None,
) -> Match:
    """The side that proposed or said yes takes it back, before approval."""
    return _ended_by(session, match_id, Action.WITHDRAW, MatchState.WITHDRAWN, reason, actor, now, note, seq, on_behalf)


def cancel_match(
    session: Session,
    match_id: int,
    *,
    reason: CancelReason,
    actor: Actor,
    now: datetime,
    note: str = "",
    seq: int | None = None,
    on_behalf: OnBehalf | None = None,
) -> Match:
    """After approval: both calendars lose it, the place opens again."""
    return _ended_by(session, match_id, Action.CANCEL, MatchState.CANCELLED, reason, actor, now, note, seq, on_behalf)


def reject_match(
    session: Session,
    match_id: int,
    *,
    reason: RejectReason,
    actor: Actor,
    now: datetime,
    note: str = "",
    seq: int | None = None,
) -> Match:
    """The coordinator says no, with a coded reason."""
    return _ended_by(session, match_id, Action.REJECT, MatchState.REJECTED, reason, actor, now, note, seq)


def approve_match(
    session: Session,
    match_id: int,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
    rule: str | None = None,
    seq: int | None = None,
) -> Match:
    """By a coordinator who is no party, or by a rule of the region by its name (then the actor is the system)."""
    match, request, offer = locked(session, match_id)
    if _said_before(session, match, actor, Action.APPROVE):
        return match
    check_version(match, seq)
    facts = permitted(session, match, Action.APPROVE, actor, now)
    check_approvable(session, match, request, offer, now)
    match.approved_by_id, match.approved_rule = (actor.user_id, None) if rule is None else (None, rule)
    match.approved_at = now
    role = Side.COORDINATOR if Side.COORDINATOR in sides_of(facts, actor) else Side.SYSTEM
    moment = chosen_moment(session, match.id)
    event = step(
        session,
        match,
        Action.APPROVE,
        MatchState.APPROVED,
        actor=actor,
        role=role,
        now=now,
        note=note,
        details={"rule": rule, "moment_id": moment.id if moment else None},
    )
    return _told(session, match, request, offer, event)


def undo(session: Session, match_id: int, *, actor: Actor, now: datetime) -> Match:
    """Back to before the last step, with an event of its own; the notices of that step are never sent."""
    match, request, offer = locked(session, match_id)
    permitted(session, match, Action.UNDO, actor, now)
    last = session.get_one(MatchEvent, (match.id, match.seq))
    to = MatchState(last.from_state or MatchState.PROPOSED)
    _RESTORE[last.action](session, match, request, offer, last)
    withhold(session, subject="match", subject_id=match.id, seq=last.seq, now=now)
    step(
        session,
        match,
        Action.UNDO,
        to,
        actor=actor,
        role=last.role,
        now=now,
        details={"undone": last.action.value, "undone_seq": last.seq},
    )
    return match


def _restore_yes(session: Session, match: Match, request: Request, offer: Offer, last: MatchEvent) -> None:
    consent = session.get_one(Consent, (match.id, Side(last.details["side"])))
    consent.given_at = consent.given_by_id = consent.seq = None
    choose_moment(session, match.id, last.details.get("moment_before"))
    release(session, match.id)
    given_up = [(start_s, end_s) for start_s, end_s in last.details.get("given_up", ())]
    if given_up:
        moment = session.get_one(MatchMoment, last.details["moment_id"])
        set_parts(moment, [*parts_of(moment), *given_up])
    match.visitor_id = None


def _restore_open(session: Session, match: Match, request: Request, offer: Offer, last: MatchEvent) -> None:
    """A no held nothing, so there is nothing to give back."""
    check_can_go_on(session, match, request)


def _restore_decision(session: Session, match: Match, request: Request, offer: Offer, last: MatchEvent) -> None:
    if last.action is Action.REJECT:
        check_can_go_on(session, match, request)
        moment = moment_of_match(session, match, last.details["moment_id"], last.at)
        choose_moment(session, match.id, moment.id)
        take_place(session, match, request)
        book(session, match, request, offer, moment)


_RESTORE: dict[Action, Callable[[Session, Match, Request, Offer, MatchEvent], None]] = {
    Action.ACCEPT: _restore_yes,
    Action.DECLINE: _restore_open,
    Action.APPROVE: _restore_decision,
    Action.REJECT: _restore_decision,
}


def post_message(session: Session, match_id: int, *, body: str, actor: Actor, now: datetime) -> Message:
    """One thread per match; the other side gets a mail."""
    match, request, offer = locked(session, match_id)
    facts = permitted_to_talk(session, match, actor, now)
    text = body.strip()
    if not text:
        raise InvalidInput(_l("Type a message first."), field="body")
    side = min(sides_of(facts, actor), key=lambda each: each.value)
    message = Message(match_id=match.id, author_id=actor.user_id, side=side, body=text, at=now)
    session.add(message)
    session.flush()
    params = {"match_id": match.id, "title": request.title, "from": actor.name, "body": text}
    params |= {"answers_to": f"/matches/{match.id}/answer"}
    unmailed = quiet(session, match, request, offer)
    for other in (each for each in (Side.SCHOOL, Side.COMPANY) if each is not side):
        for recipient in people_of(session, other, match, request, offer, now=now):
            enqueue(
                session,
                recipient=recipient,
                template="matching/message",
                params=params,
                subject="message",
                subject_id=message.id,
                seq=1,
                now=now,
                channels=channels_for(other, ("mail", "inbox"), unmailed),
            )
    return message


def permitted_to_talk(session: Session, match: Match, actor: Actor, now: datetime) -> MatchFacts:
    """The parties and the coordinator. Raises Forbidden."""
    facts = facts_of_match(session, match, now)
    if not sides_of(facts, actor):
        raise Forbidden(_l("You are not one of the people who may do this."))
    return facts


def _said_before(session: Session, match: Match, actor: Actor, action: Action, moment_id: int | None = None) -> bool:
    """A second click: this person's very same step was the last one, so the answer is the same again."""
    last = session.get_one(MatchEvent, (match.id, match.seq))
    same = last.action is action and last.actor_id == actor.user_id and actor.user_id is not None
    return same and (moment_id is None or last.details.get("moment_id") == moment_id)


def _asked_side(facts: MatchFacts, actor: Actor) -> Side:
    return min(sides_of(facts, actor) & facts.missing, key=lambda side: side.value)


def _check_same_moment(
    session: Session, match: Match, request: Request, facts: MatchFacts, before: MatchMoment | None, moment: MatchMoment
) -> None:
    """Who says yes after somebody else says yes to the same moment; people who come together come at one moment."""
    if before is not None and before.id != moment.id and facts.given:
        raise Conflict(_l("The other side said yes to another moment. Choose that one, or suggest another."))
    if request.needed > 1 and request.together and request.kind is Kind.GUEST_LECTURE:
        agreed = session.scalars(
            select(MatchMoment.start_s)
            .join(Match, Match.id == MatchMoment.match_id)
            .where(
                Match.request_id == request.id,
                Match.id != match.id,
                Match.state.in_((MatchState.ACCEPTED, MatchState.APPROVED)),
                MatchMoment.chosen,
            )
        ).first()
        if agreed is not None and agreed != moment.start_s:
            raise Conflict(_l("The guests come together, and another moment was already chosen. Choose that one."))


def _ended_by(
    session: Session,
    match_id: int,
    action: Action,
    to: MatchState,
    reason: Any,
    actor: Actor,
    now: datetime,
    note: str,
    seq: int | None,
    on_behalf: OnBehalf | None = None,
) -> Match:
    match, request, offer = locked(session, match_id)
    said = voice(session, match, request, offer, actor=actor, on_behalf=on_behalf, now=now)
    if _said_before(session, match, said.actor, action):
        return match
    check_version(match, seq)
    facts = permitted(session, match, action, said.actor, now)
    event = _end(session, match, action, to, said, _role(action, facts, said.actor), now, reason, note)
    return _told(session, match, request, offer, event)


def _role(action: Action, facts: MatchFacts, actor: Actor) -> Side:
    """In which capacity: rejecting is the coordinator's, everything else the party's if they are one."""
    sides = sides_of(facts, actor)
    order = (Side.COORDINATOR,) if action is Action.REJECT else (Side.SCHOOL, Side.COMPANY, Side.COORDINATOR)
    return next((side for side in order if side in sides), Side.SYSTEM)


def _end(
    session: Session,
    match: Match,
    action: Action,
    to: MatchState,
    said: Voice,
    role: Side,
    now: datetime,
    reason: Any,
    note: str,
) -> MatchEvent:
    moment = chosen_moment(session, match.id)
    release(session, match.id)
    return step(
        session,
        match,
        action,
        to,
        actor=said.actor,
        role=role,
        now=now,
        reason=reason.value,
        note=note,
        details={"moment_id": moment.id if moment else None} | said.noted,
        on_behalf_by=said.by_id,
    )


def _told(session: Session, match: Match, request: Request, offer: Offer, event: MatchEvent) -> Match:
    tell(session, match, request, offer, event)
    return match
