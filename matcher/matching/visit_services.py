"""After the date, and the clock: reports of both sides, what counts when, expiry, superseding."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from matcher.accounts.policy import SYSTEM, Actor
from matcher.accounts.services import record
from matcher.availability.halfdays import hours_of
from matcher.errors import IllegalMove, InvalidInput
from matcher.i18n import _l
from matcher.matching.behalf import OnBehalf, Voice
from matcher.matching.behalf_services import voice
from matcher.matching.booking_services import release
from matcher.matching.door_services import NOT_POSSIBLE_NOW, locked, permitted, step
from matcher.matching.models import Match, VisitReport
from matcher.matching.moments import parts_of
from matcher.matching.notice_services import tell
from matcher.matching.policy import MatchFacts, sides_of
from matcher.matching.queries import chosen_moment, reports_of, standing_steps
from matcher.matching.report_notice_services import tell_of_difference, thank_company
from matcher.matching.states import Action, CancelReason, HybridStep, MatchState, MissedReason, Side
from matcher.matching.step_services import note_trial
from matcher.offers.models import Offer
from matcher.regions.policy import NO_REPORT_COUNTS_AFTER_DAYS, ONE_REPORT_COUNTS_AFTER_DAYS
from matcher.regions.queries import region_rule
from matcher.requests.models import Request


def report_visit(
    session: Session,
    match_id: int,
    *,
    happened: bool,
    again: bool | None,
    actor: Actor,
    now: datetime,
    reason: MissedReason | None = None,
    pupils: int | None = None,
    hours: float | None = None,
    days: Sequence[int] | None = None,
    note: str = "",
    thanks: str = "",
    on_behalf: OnBehalf | None = None,
) -> Match:
    """One side's answer; `days`: when those of several visits began that took place; `thanks`: the school's words for
    the guest. Equal answers of both sides close the match; different ones wait for the coordinator, who is told."""
    if not happened and reason is None:
        raise InvalidInput(_l("Choose why it did not take place."), field="reason")
    match, request, offer = locked(session, match_id)
    said = voice(session, match, request, offer, actor=actor, on_behalf=on_behalf, now=now)
    actor = said.actor
    action = Action.REPORT_HELD if happened else Action.REPORT_MISSED
    facts = permitted(session, match, action, actor, now)
    side = _reporting_side(facts, actor)
    report = session.get(VisitReport, (match.id, side)) or VisitReport(match_id=match.id, side=side)
    report.happened, report.again, report.reason = happened, again, reason.value if reason and not happened else None
    report.pupils, report.hours, report.note = pupils, hours, note
    report.thanks = thanks.strip() if happened and side is Side.SCHOOL else ""
    if happened and days is not None:
        _write_days(session, match, report, days)
    report.by_id, report.at = actor.user_id, now
    session.add(report)
    session.flush()
    if said.by_id is not None:
        _record_speaker(session, match, side, said, now)
    answers = {each.happened for each in reports_of(session, match.id).values()}
    decided = side is Side.COORDINATOR or len(reports_of(session, match.id)) >= 2
    if decided and (side is Side.COORDINATOR or len(answers) == 1):
        _close(session, match, request, offer, happened, report.reason, said, side, now)
    elif len(answers) > 1:
        tell_of_difference(session, match, request, offer, now=now)
    return match


def _record_speaker(session: Session, match: Match, side: Side, said: Voice, now: datetime) -> None:
    record(
        session,
        action="reported_on_behalf",
        object_type="match",
        object_id=match.id,
        actor_id=said.by_id,
        region_id=match.region_id,
        details={"side": side.value, **said.noted},
        now=now,
    )


def _write_days(session: Session, match: Match, report: VisitReport, days: Sequence[int]) -> None:
    """Of several visits those that began at these moments took place. Raises InvalidInput when none did."""
    moment = chosen_moment(session, match.id)
    agreed = parts_of(moment) if moment is not None else []
    held = [part for part in agreed if part[0] in set(days)]
    if not held:
        raise InvalidInput(_l("Tick at least one half-day, or say that it did not take place."), field="days")
    report.parts, report.part = [list(part) for part in held], len(held) / len(agreed)
    if report.hours is None:
        report.hours = hours_of(held)


def count_reports(session: Session, match_id: int, *, now: datetime) -> bool:
    """One report alone counts after a week; none after three is "not reported". True when something was decided."""
    match, request, offer = locked(session, match_id)
    moment = chosen_moment(session, match.id)
    reports = reports_of(session, match.id)
    if match.state is not MatchState.APPROVED or moment is None or len(reports) > 1:
        return False
    age = now - datetime.fromtimestamp(moment.end_s, UTC)
    kind, region = request.kind.value, request.region_id
    one_after = region_rule(session, region, kind, ONE_REPORT_COUNTS_AFTER_DAYS, at=now)
    none_after = region_rule(session, region, kind, NO_REPORT_COUNTS_AFTER_DAYS, at=now)
    only = next(iter(reports.values()), None)
    if only is not None and age >= timedelta(days=one_after):
        _close(session, match, request, offer, only.happened, only.reason, Voice(SYSTEM), Side.SYSTEM, now)
    elif only is None and age >= timedelta(days=none_after):
        _close(session, match, request, offer, False, MissedReason.NOT_REPORTED.value, Voice(SYSTEM), Side.SYSTEM, now)
    else:
        return False
    return True


def _close(
    session: Session,
    match: Match,
    request: Request,
    offer: Offer,
    happened: bool,
    reason: str | None,
    said: Voice,
    side: Side,
    now: datetime,
) -> None:
    action, to = (Action.REPORT_HELD, MatchState.HELD) if happened else (Action.REPORT_MISSED, MatchState.MISSED)
    moment = chosen_moment(session, match.id)
    if not happened:
        release(session, match.id)
    details = {"moment_id": moment.id if moment else None} | said.noted
    event = step(
        session,
        match,
        action,
        to,
        actor=said.actor,
        role=side,
        now=now,
        reason=reason,
        details=details,
        on_behalf_by=said.by_id,
    )
    tell(session, match, request, offer, event)
    if happened:
        thank_company(session, match, request, offer, now=now)
        note_trial(session, match, request, now=now)


def _reporting_side(facts: MatchFacts, actor: Actor) -> Side:
    sides = sides_of(facts, actor)
    return next(side for side in (Side.SCHOOL, Side.COMPANY, Side.COORDINATOR) if side in sides)


def expire_match(session: Session, match_id: int, *, now: datetime) -> bool:
    """The clock: an invitation nobody answered in time, or an agreed visit whose date came without approval."""
    match, request, offer = locked(session, match_id)
    moment = chosen_moment(session, match.id)
    if match.state is MatchState.PROPOSED:
        due = match.expires_at is not None and match.expires_at <= now
    else:
        due = match.state is MatchState.ACCEPTED and moment is not None and moment.start_s <= now.timestamp()
    if not due:
        return False
    _by_system(session, match, request, offer, Action.EXPIRE, MatchState.EXPIRED, now, reason=None)
    return True


def supersede_match(session: Session, match_id: int, *, now: datetime) -> bool:
    """Somebody else comes: an invitation whose request has no place left ends, kindly."""
    match, request, offer = locked(session, match_id)
    if match.state is not MatchState.PROPOSED:
        return False
    _by_system(session, match, request, offer, Action.SUPERSEDE, MatchState.SUPERSEDED, now, reason=None)
    return True


def end_by_system(session: Session, match_id: int, *, reason: str, now: datetime) -> None:
    """A consequence (request withdrawn, partner left): withdrawn before approval, cancelled after. A placement that
    began does not end so. Raises IllegalMove."""
    if HybridStep.STARTED in standing_steps(session, [match_id])[match_id]:
        raise IllegalMove(NOT_POSSIBLE_NOW)
    _end_as(session, match_id, reason, now)


def _end_as(session: Session, match_id: int, reason: str, now: datetime) -> None:
    match, request, offer = locked(session, match_id)
    if match.state in {MatchState.PROPOSED, MatchState.ACCEPTED}:
        _by_system(session, match, request, offer, Action.WITHDRAW, MatchState.WITHDRAWN, now, reason=reason)
    elif match.state is MatchState.APPROVED:
        _by_system(session, match, request, offer, Action.CANCEL, MatchState.CANCELLED, now, reason=reason)
    else:
        raise IllegalMove(NOT_POSSIBLE_NOW)


def end_stopped(session: Session, match_id: int, *, now: datetime) -> bool:
    """A side was stopped: the open invitation or agreement ends with it, also a placement that began."""
    _end_as(session, match_id, CancelReason.OTHER.value, now)
    return True


def _by_system(
    session: Session,
    match: Match,
    request: Request,
    offer: Offer,
    action: Action,
    to: MatchState,
    now: datetime,
    *,
    reason: str | None,
) -> None:
    permitted(session, match, action, SYSTEM, now)
    moment = chosen_moment(session, match.id)
    release(session, match.id)
    details = {"moment_id": moment.id if moment else None}
    event = step(session, match, action, to, actor=SYSTEM, role=Side.SYSTEM, now=now, reason=reason, details=details)
    tell(session, match, request, offer, event)
