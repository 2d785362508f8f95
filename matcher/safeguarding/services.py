"""Saying what a board asks and what was seen, blocking, reporting. Services flush."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts import queries as people
from matcher.accounts import services as accounts
from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.clock import local_date
from matcher.db import ERASED, lock_row
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.safeguarding import mailer, policy, queries
from matcher.safeguarding.models import Block, Proof, ReportOfConcern, SafeguardingRule
from matcher.safeguarding.states import ProofType

GUEST_LECTURE = "guest_lecture"
LONGEST_VALID = timedelta(days=5 * 366)
SHORTEST_REPORT = 10

LEADER_ONLY = _l("Only the leader of the school may answer this.")
IN_FUTURE = _l("This day has not come yet.")
TOO_OLD = _l("This proof was issued more than five years ago. Ask for a new one.")
ENDS_FIRST = _l("The last day of validity is before the day of issue.")
TOO_LONG = _l("Choose at most five years.")
TOO_SHORT = _l("Write a few words more, so that the coordinator understands what happened.")
NOT_YOURSELF = _l("You cannot block yourself or your own organisation.")
WEEKS_RANGE = _l("Choose between 1 and 260 weeks.")
HANDLED = _l("Somebody handled this report already.")


def seed_rules(session: Session) -> None:
    """The shipped rules, once: an installation that changed them keeps its own."""
    if session.scalar(select(SafeguardingRule.id).where(SafeguardingRule.board_id.is_(None)).limit(1)) is not None:
        return
    for rule in policy.DEFAULT_RULES:
        session.add(
            SafeguardingRule(
                kind=rule.kind,
                level=rule.level,
                supervised=rule.supervised,
                structural=rule.structural,
                proof=rule.proof,
                max_age_weeks=rule.max_age_weeks,
            )
        )
    session.flush()


def school_to_answer(session: Session, actor: Actor, school_id: int) -> Organisation:
    """The school, when this person may answer for it. Raises NotFound and Forbidden."""
    school = session.get(Organisation, school_id)
    if school is None or school.type is not OrganisationType.SCHOOL or school.id not in actor.organisation_ids:
        raise NotFound()
    has_lead = bool(people.members_of(session, school.id, (Role.SCHOOL_LEAD,)))
    if not policy.can_answer(actor, school.id, has_lead=has_lead):
        raise Forbidden(LEADER_ONLY)
    return school


def set_board_rule(
    session: Session, *, actor: Actor, school_id: int, asks_vog: bool, max_age_weeks: int | None, now: datetime
) -> None:
    """What the board of this school asks of guests while a teacher stays in the room."""
    school = school_to_answer(session, actor, school_id)
    if asks_vog and (max_age_weeks is None or not 1 <= max_age_weeks <= 260):
        raise InvalidInput(WEEKS_RANGE, field="max_age_weeks")
    board_id = queries.board_of(session, school.id)
    lock_row(session, Organisation, board_id)
    rule = session.scalars(
        select(SafeguardingRule).where(
            SafeguardingRule.board_id == board_id,
            SafeguardingRule.kind == GUEST_LECTURE,
            SafeguardingRule.level.is_(None),
        )
    ).first()
    if not asks_vog:
        if rule is not None:
            session.delete(rule)
    else:
        rule = rule or SafeguardingRule(board_id=board_id, kind=GUEST_LECTURE)
        rule.proof, rule.max_age_weeks, rule.set_by_id = ProofType.VOG, max_age_weeks, actor.user_id
        session.add(rule)
    session.flush()
    _record(session, "safety_rule_changed", "organisation", board_id, actor, school.region_id, now)


def mark_proof_seen(
    session: Session, *, actor: Actor, school_id: int, user_id: int, issued_on: date, valid_until: date, now: datetime
) -> Proof:
    """Somebody of the school saw the paper: who, when, until when. The paper itself is never kept."""
    school = school_to_answer(session, actor, school_id)
    if queries.guest(session, user_id) is None:
        raise NotFound()
    today = local_date(now)
    if issued_on > today:
        raise InvalidInput(IN_FUTURE, field="issued_on")
    if today - issued_on > LONGEST_VALID:
        raise InvalidInput(TOO_OLD, field="issued_on")
    if valid_until < issued_on:
        raise InvalidInput(ENDS_FIRST, field="valid_until")
    if valid_until - issued_on > LONGEST_VALID:
        raise InvalidInput(TOO_LONG, field="valid_until")
    lock_row(session, User, user_id)
    board_id = queries.board_of(session, school.id)
    same = select(Proof).where(
        Proof.user_id == user_id, Proof.board_id == board_id, Proof.type == ProofType.VOG, Proof.issued_on == issued_on
    )
    proof = session.scalars(same).first() or Proof(
        user_id=user_id, board_id=board_id, type=ProofType.VOG, issued_on=issued_on
    )
    proof.seen_by_id, proof.seen_at, proof.valid_until = actor.user_id or 0, now, valid_until
    session.add(proof)
    session.flush()
    _record(session, "proof_seen", "user", user_id, actor, school.region_id, now)
    return proof


def block(
    session: Session,
    *,
    actor: Actor,
    of_user_id: int | None = None,
    of_organisation_id: int | None = None,
    for_organisation_id: int | None = None,
    now: datetime,
) -> Block:
    """Never again, and they are never told. For oneself, or by a leader or contact for the whole organisation."""
    if for_organisation_id is not None and not actor.leads(for_organisation_id):
        raise NotFound()
    if (of_user_id is None) == (of_organisation_id is None):
        raise NotFound()
    if of_user_id == actor.user_id or (of_organisation_id in actor.organisation_ids):
        raise InvalidInput(NOT_YOURSELF)
    if session.get(User, of_user_id) is None if of_user_id else session.get(Organisation, of_organisation_id) is None:
        raise NotFound()
    lock_row(session, User, actor.user_id or 0)
    by_user_id = actor.user_id if for_organisation_id is None else None
    same = select(Block).where(
        Block.ended_at.is_(None),
        Block.by_user_id.is_not_distinct_from(by_user_id),
        Block.by_organisation_id.is_not_distinct_from(for_organisation_id),
        Block.of_user_id.is_not_distinct_from(of_user_id),
        Block.of_organisation_id.is_not_distinct_from(of_organisation_id),
    )
    found = session.scalars(same).first() or Block(
        by_user_id=by_user_id,
        by_organisation_id=for_organisation_id,
        of_user_id=of_user_id,
        of_organisation_id=of_organisation_id,
        at=now,
    )
    session.add(found)
    session.flush()
    return found


def unblock(session: Session, *, actor: Actor, block_id: int, now: datetime) -> None:
    found = lock_row(session, Block, block_id)
    own = found.by_user_id is not None and found.by_user_id == actor.user_id
    if not own and not (found.by_organisation_id is not None and actor.leads(found.by_organisation_id)):
        raise NotFound()
    found.ended_at = found.ended_at or now
    session.flush()


def report_concern(
    session: Session,
    *,
    actor: Actor,
    body: str,
    of_user_id: int | None = None,
    match_id: int | None = None,
    region_id: int | None = None,
    now: datetime,
) -> ReportOfConcern:
    """Goes to the coordinators of the region; without a known region, of the reporter's own organisation."""
    if len(body.strip()) < SHORTEST_REPORT:
        raise InvalidInput(TOO_SHORT, field="body")
    if of_user_id is not None and session.get(User, of_user_id) is None:
        raise NotFound()
    report = ReportOfConcern(
        by_id=actor.user_id,
        match_id=match_id,
        of_user_id=of_user_id,
        region_id=region_id or _own_region(session, actor),
        body=body.strip(),
        at=now,
    )
    session.add(report)
    session.flush()
    mailer.tell_coordinators(session, report, now=now)
    _record(session, "concern_reported", "report_of_concern", report.id, actor, report.region_id, now)
    return report


def handle_report(session: Session, *, actor: Actor, report_id: int, now: datetime) -> ReportOfConcern:
    report = lock_row(session, ReportOfConcern, report_id)
    if not (actor.is_administrator or actor.is_coordinator_of(report.region_id)):
        raise NotFound()
    if report.handled_at is not None:
        raise Conflict(HANDLED)
    report.handled_at, report.handled_by_id = now, actor.user_id
    reporter = session.get(User, report.by_id) if report.by_id is not None else None
    if reporter is not None and reporter.erased_at is not None:
        report.body = ERASED  # it waited for this; the rest of the account went before
    session.flush()
    _record(session, "concern_handled", "report_of_concern", report.id, actor, report.region_id, now)
    return report


def _own_region(session: Session, actor: Actor) -> int | None:
    query = select(Organisation.region_id).where(
        Organisation.id.in_(actor.organisation_ids), Organisation.region_id.is_not(None)
    )
    return session.scalars(query.order_by(Organisation.id)).first()


def _record(
    session: Session, action: str, object_type: str, object_id: int, actor: Actor, region_id: int | None, now: datetime
) -> None:
    accounts.record(
        session,
        action=action,
        object_type=object_type,
        object_id=object_id,
        actor_id=actor.user_id,
        region_id=region_id,
        now=now,
    )
