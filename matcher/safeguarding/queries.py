"""Rules and proofs from the database, for one visit or for many."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matcher.organisations.models import Organisation
from matcher.safeguarding.models import Proof, SafeguardingRule
from matcher.safeguarding.policy import Result, Rule, Seen, Visit, is_met, requirement


def rules_for(session: Session, board_id: int | None) -> list[Rule]:
    """The rules that hold for everybody and those of this board."""
    query = select(SafeguardingRule).where(
        or_(SafeguardingRule.board_id.is_(None), SafeguardingRule.board_id == board_id)
    )
    return [
        Rule(row.kind, row.level, row.supervised, row.structural, row.board_id, row.proof, row.max_age_weeks)
        for row in session.scalars(query.order_by(SafeguardingRule.id))
    ]


def proofs_of(session: Session, user_ids: Iterable[int], board_id: int | None) -> dict[int, list[Seen]]:
    """Person → proofs seen for this board."""
    found: dict[int, list[Seen]] = defaultdict(list)
    query = select(Proof).where(Proof.user_id.in_(list(user_ids)), Proof.board_id == board_id)
    for proof in session.scalars(query):
        found[proof.user_id].append(Seen(proof.type, proof.board_id, proof.issued_on, proof.valid_until))
    return found


def board_of(session: Session, school_id: int) -> int:
    """The board whose rules hold; a school without one decides for itself."""
    school = session.get_one(Organisation, school_id)
    return school.parent_id or school.id


def result_for(
    session: Session,
    *,
    kind: str,
    level: str | None,
    supervised: bool,
    structural: bool,
    school_id: int,
    user_id: int | None,
    on_day: date,
) -> Result:
    """What this visit asks and whether the visitor meets it on that day; nobody named meets only "nothing asked"."""
    board_id = board_of(session, school_id)
    asked = requirement(rules_for(session, board_id), Visit(kind, level, supervised, structural, board_id))
    proofs = proofs_of(session, [user_id], board_id).get(user_id, []) if user_id is not None else []
    return Result(asked, is_met(asked, proofs, board_id=board_id, on_day=on_day))
