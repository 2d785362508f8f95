"""Who may do what with a match: one pure answer for buttons, guards and services."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.availability.absences import StandIn
from matcher.availability.states import Kind
from matcher.matching.states import MOVES, UNDO_SECONDS, UNDOABLE, Action, HybridStep, MatchState, Side, Who


@dataclass(frozen=True)
class LastStep:
    """The newest event of the chain, as far as undoing needs it."""

    action: Action
    actor_id: int | None
    on_behalf_by_id: int | None
    at: datetime
    can_go_back: bool = True


@dataclass(frozen=True)
class MatchFacts:
    """What the rules need to know of a match, as plain values. Times are aware UTC."""

    match_id: int
    kind: Kind
    state: MatchState
    seq: int
    school_id: int
    company_id: int
    region_id: int
    side: Side
    asked_by_id: int
    teacher_id: int | None
    professional_id: int | None
    visitor_id: int | None
    proposed_by_id: int | None
    through_contact: bool
    consents: Mapping[Side, bool]
    starts: datetime | None
    ends: datetime | None
    last: LastStep
    move_asked_by: Side | None = None
    reports: Mapping[Side, bool] | None = None
    stand_ins: tuple[StandIn, ...] = ()
    steps: frozenset[HybridStep] = frozenset()

    @property
    def missing(self) -> frozenset[Side]:
        return frozenset(side for side, given in self.consents.items() if not given)

    @property
    def given(self) -> frozenset[Side]:
        return frozenset(side for side, given in self.consents.items() if given)

    @property
    def reports_differ(self) -> bool:
        return self.reports is not None and len(set(self.reports.values())) > 1


def sides_of(facts: MatchFacts, actor: Actor) -> frozenset[Side]:
    """Where this person stands. A coordinator who is a party, or works at either side, is no coordinator here."""
    sides: set[Side] = set()
    if _is_school_side(facts, actor):
        sides.add(Side.SCHOOL)
    if _is_company_side(facts, actor):
        sides.add(Side.COMPANY)
    if facts.region_id in actor.region_ids and not _is_involved(facts, actor):
        sides.add(Side.COORDINATOR)
    if actor.user_id is None:
        sides.add(Side.SYSTEM)
    return frozenset(sides)


def _is_school_side(facts: MatchFacts, actor: Actor) -> bool:
    if actor.has_in(Role.SCHOOL_LEAD, facts.school_id):
        return True
    people = {facts.asked_by_id, facts.teacher_id} - {None}
    if actor.user_id in people and actor.has_in(Role.TEACHER, facts.school_id):
        return True
    return _stands_in(facts, actor, facts.school_id, people)


def _is_company_side(facts: MatchFacts, actor: Actor) -> bool:
    unnamed = facts.professional_id is None or facts.through_contact
    if unnamed and actor.has_in(Role.COMPANY_CONTACT, facts.company_id):
        return True
    people = {facts.professional_id, facts.visitor_id} - {None}
    if actor.user_id in people and facts.company_id in actor.organisation_ids:
        return True
    return _stands_in(facts, actor, facts.company_id, people, contacts=unnamed)


def _stands_in(
    facts: MatchFacts, actor: Actor, organisation_id: int, people: Collection[int | None], *, contacts: bool = False
) -> bool:
    """Somebody of this side is away and named this confirmed colleague; of a company without a guest its contact."""
    return actor.is_member_of(organisation_id) and any(
        each.by_id == actor.user_id
        and each.organisation_id == organisation_id
        and (each.for_id in people or (contacts and each.for_contact))
        for each in facts.stand_ins
    )


def _is_involved(facts: MatchFacts, actor: Actor) -> bool:
    people = {facts.asked_by_id, facts.teacher_id, facts.professional_id, facts.visitor_id}
    return actor.user_id in people or bool({facts.school_id, facts.company_id} & actor.organisation_ids)


def can_see(facts: MatchFacts, actor: Actor) -> bool:
    """Parties and the coordinators of the region; a contact of the company sees agreed visits, never declines."""
    if sides_of(facts, actor) or actor.is_administrator:
        return True
    agreed = facts.state in {MatchState.ACCEPTED, MatchState.APPROVED, MatchState.HELD, MatchState.MISSED}
    return agreed and actor.has_in(Role.COMPANY_CONTACT, facts.company_id)


def can_see_contact_details(facts: MatchFacts, actor: Actor) -> bool:
    """Only from approval on, only the parties and the coordinator."""
    opened = facts.state in {MatchState.APPROVED, MatchState.HELD}
    return opened and bool(sides_of(facts, actor))


def can_be_kept(facts: MatchFacts, *, is_full: bool) -> bool:
    """Somebody else took the place: before the invitation ends for it, or once it has."""
    waits = facts.state is MatchState.PROPOSED and is_full
    return waits or facts.state is MatchState.SUPERSEDED


def can_prepare(facts: MatchFacts, actor: Actor, now: datetime) -> Side | None:
    """Whose half of the runbook this person fills in now: from both yeses until the visit, or the first of a term."""
    until = facts.starts if facts.kind is Kind.HYBRID_PLACEMENT else facts.ends
    if facts.state not in {MatchState.ACCEPTED, MatchState.APPROVED} or (until is not None and now >= until):
        return None
    sides = sides_of(facts, actor)
    return next((side for side in (Side.SCHOOL, Side.COMPANY) if side in sides), None)


def can_prepare_for(facts: MatchFacts, actor: Actor, now: datetime) -> frozenset[Side]:
    """Whose half a coordinator may note for somebody who told it: both, from approval on, when she reads them too."""
    until = facts.starts if facts.kind is Kind.HYBRID_PLACEMENT else facts.ends
    if facts.state is not MatchState.APPROVED or (until is not None and now >= until):
        return frozenset()
    return frozenset({Side.SCHOOL, Side.COMPANY}) if Side.COORDINATOR in sides_of(facts, actor) else frozenset()


def halves_seen(facts: MatchFacts, actor: Actor) -> frozenset[Side]:
    """Whose half of the runbook this person reads: their own, and from approval on the other side's; then also the
    coordinator."""
    sides, parties = sides_of(facts, actor), frozenset({Side.SCHOOL, Side.COMPANY})
    if can_see_contact_details(facts, actor):
        return parties
    return sides & parties if facts.state is MatchState.ACCEPTED else frozenset()


def can_ask_again(facts: MatchFacts, actor: Actor) -> bool:
    """After a lesson that took place the school, or the coordinator for it, may start a new request for this guest."""
    lesson = facts.kind is Kind.GUEST_LECTURE and facts.state is MatchState.HELD
    return lesson and bool(sides_of(facts, actor) & {Side.SCHOOL, Side.COORDINATOR})


def allowed_actions(facts: MatchFacts, actor: Actor, now: datetime) -> frozenset[Action]:
    """Every action this person may take on this match now: the table, the side, and the clock."""
    sides = sides_of(facts, actor)
    return frozenset(
        action
        for (state, action), move in MOVES.items()
        if state is facts.state
        and any(_fits(who, facts, sides, actor, now) for who in move.who)
        and _in_time(action, facts, sides, now)
    )


def _fits(who: Who, facts: MatchFacts, sides: frozenset[Side], actor: Actor, now: datetime) -> bool:
    match who:
        case Who.ASKED:
            return bool(sides & facts.missing)
        case Who.CONSENTED:
            proposer = facts.side is Side.COORDINATOR and Side.COORDINATOR in sides
            return bool(sides & facts.given) or proposer
        case Who.PARTY:
            return bool(sides & {Side.SCHOOL, Side.COMPANY})
        case Who.COMPANY:
            return Side.COMPANY in sides
        case Who.COORDINATOR:
            return Side.COORDINATOR in sides
        case Who.SYSTEM:
            return Side.SYSTEM in sides
        case Who.SAME_ACTOR:
            return can_undo(facts, actor, now)


def can_undo(facts: MatchFacts, actor: Actor, now: datetime) -> bool:
    """The same person, within the minute in which nothing has been sent."""
    last = facts.last
    if last.action not in UNDOABLE or not last.can_go_back or actor.user_id is None:
        return False
    in_time = now - last.at <= timedelta(seconds=UNDO_SECONDS)
    return in_time and actor.user_id in {last.actor_id, last.on_behalf_by_id}


def _in_time(action: Action, facts: MatchFacts, sides: frozenset[Side], now: datetime) -> bool:
    """What the clock, or the other side's answer, still allows."""
    starts, ends = facts.starts, facts.ends
    match action:
        case Action.APPROVE | Action.LAPSE:
            # What begins before the clock has looked took place as it was approved.
            return starts is None or now < starts
        case Action.CHANGE_VISITOR if starts is not None and starts <= now:
            # Who stands before the class is who came; only its reports follow.
            return False
        case Action.HAND_OVER | Action.CHANGE_VISITOR:
            return Side.COMPANY in sides and facts.kind is Kind.GUEST_LECTURE
        case Action.CANCEL if HybridStep.STARTED in facts.steps:
            # Whoever began has a last day instead; only a side that was stopped ends it at once.
            return Side.SYSTEM in sides and (ends is None or now < ends)
        case Action.ASK_MOVE if _has_begun(facts, now):
            return False
        case Action.CANCEL | Action.ASK_MOVE:
            return ends is None or now < ends
        case Action.MOVE:
            asked_by = facts.move_asked_by
            waits = asked_by is not None and not _has_begun(facts, now) and (ends is None or now < ends)
            return waits and bool(sides & ({Side.SCHOOL, Side.COMPANY} - {asked_by}))
        case Action.REPORT_HELD | Action.REPORT_MISSED:
            if ends is not None and now < ends:
                return False
            return Side.COORDINATOR not in sides or facts.reports_differ
        case _:
            return True


def _has_begun(facts: MatchFacts, now: datetime) -> bool:
    """Of several visits the first took place: all of them together cannot move any more."""
    return facts.kind is not Kind.GUEST_LECTURE and facts.starts is not None and facts.starts <= now


_BOTH = frozenset({Side.SCHOOL, Side.COMPANY, Side.COORDINATOR})
_SCHOOL = frozenset({Side.SCHOOL, Side.COORDINATOR})
NOTED_BY: dict[HybridStep, frozenset[Side]] = {
    HybridStep.INTRODUCTION: _BOTH,
    HybridStep.TRIAL_LESSON: _BOTH,
    HybridStep.OFFER_MADE: _SCHOOL,
    HybridStep.STARTED: _SCHOOL,
    HybridStep.ENDED: _BOTH,
}
"""Who says that a step was taken. Their order is usual, not forced: only an end needs a start before it."""


def allowed_steps(facts: MatchFacts, actor: Actor) -> frozenset[HybridStep]:
    """The steps of a placement that this person may note now."""
    if facts.kind is not Kind.HYBRID_PLACEMENT or facts.state is not MatchState.APPROVED:
        return frozenset()
    sides = sides_of(facts, actor)
    open_steps = {HybridStep.ENDED} if HybridStep.STARTED in facts.steps else set(HybridStep) - {HybridStep.ENDED}
    return frozenset(step for step in open_steps - facts.steps if sides & NOTED_BY[step])


def can_take_back(facts: MatchFacts, step: HybridStep, actor: Actor) -> bool:
    """The furthest step, as long as the match is not over, by the sides that may note it."""
    standing = [each for each in HybridStep if each in facts.steps]
    if facts.state is not MatchState.APPROVED or not standing or standing[-1] is not step:
        return False
    return bool(sides_of(facts, actor) & NOTED_BY[step])


def holders(facts: MatchFacts, now: datetime) -> frozenset[Side]:
    """Who has the ball; empty when nobody has to do anything."""
    if facts.state is MatchState.PROPOSED:
        return facts.missing
    if facts.state is MatchState.ACCEPTED:
        return frozenset({Side.COORDINATOR})
    if facts.state is not MatchState.APPROVED:
        return frozenset()
    if facts.move_asked_by is not None and not _has_begun(facts, now):
        return frozenset({Side.SCHOOL, Side.COMPANY} - {facts.move_asked_by})
    if facts.ends is None or now < facts.ends:
        return frozenset()
    if facts.reports_differ:
        return frozenset({Side.COORDINATOR})
    return frozenset({Side.SCHOOL, Side.COMPANY} - set(facts.reports or {}))
