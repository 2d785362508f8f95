"""Rules, proofs, blocks and reports from the database, for one visit or for many people at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.organisations.models import Organisation
from matcher.safeguarding.models import Block, Proof, ReportOfConcern, SafeguardingRule
from matcher.safeguarding.policy import Result, Rule, Seen, Visit, is_met, requirement


class SeenBy(NamedTuple):
    """A proof, whose it is, and who saw it."""

    proof: Proof
    person: User
    seer: User


class Concern(NamedTuple):
    """A report with its writer and whom it is about."""

    report: ReportOfConcern
    by: User | None
    about: User | None


def rules_for(session: Session, board_id: int | None) -> list[Rule]:
    """The rules that hold for everybody and those of this board."""
    return rules_of_boards(session, [] if board_id is None else [board_id])


def rules_of_boards(session: Session, board_ids: Collection[int]) -> list[Rule]:
    """The rules that hold for everybody and those of these boards; each says whose it is."""
    query = select(SafeguardingRule).where(
        or_(SafeguardingRule.board_id.is_(None), SafeguardingRule.board_id.in_(board_ids))
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


def proofs_at(session: Session, board_id: int) -> list[SeenBy]:
    """Everything a board saw, the latest first."""
    person, seer = User.__table__.alias("person"), User.__table__.alias("seer")
    query = (
        select(Proof, person.c.id, seer.c.id)
        .join(person, person.c.id == Proof.user_id)
        .join(seer, seer.c.id == Proof.seen_by_id)
        .where(Proof.board_id == board_id, person.c.erased_at.is_(None))
        .order_by(Proof.seen_at.desc(), Proof.id.desc())
        .limit(200)
    )
    rows = session.execute(query).all()
    ids = {number for row in rows for number in row[1:]}
    users = {user.id: user for user in session.scalars(select(User).where(User.id.in_(ids)))}
    return [SeenBy(proof, users[one], users[other]) for proof, one, other in rows]


def guest(session: Session, user_id: int) -> User | None:
    """Somebody who comes to schools: confirmed as a professional somewhere."""
    comes = exists().where(
        Grant.user_id == User.id,
        Grant.role == Role.PROFESSIONAL,
        Grant.confirmed_at.is_not(None),
        Grant.ended_at.is_(None),
    )
    return session.scalars(select(User).where(User.id == user_id, User.erased_at.is_(None), comes)).first()


def blocked_pairs(
    session: Session, organisation_id: int, user_ids: Collection[int], *, asked_by_id: int | None = None
) -> set[int]:
    """Which of these people must not meet this school (or the person who asks there): blocked by either side.

    A block of or by somebody's own organisation counts for its people.
    """
    people = set(user_ids)
    if not people:
        return set()
    theirs = _organisations_of(session, people)
    places = {place for places in theirs.values() for place in places}
    query = select(Block).where(
        Block.ended_at.is_(None),
        or_(
            and_(_by(organisation_id, asked_by_id), or_(_of_people(people), Block.of_organisation_id.in_(places))),
            and_(_of(organisation_id, asked_by_id), or_(_by_people(people), Block.by_organisation_id.in_(places))),
        ),
    )
    hit: set[int] = set()
    for block in session.scalars(query):
        hit |= people & {block.of_user_id, block.by_user_id}
        organisations = {block.of_organisation_id, block.by_organisation_id} - {None, organisation_id}
        hit |= {person for person in people if theirs.get(person, set()) & organisations}
    return hit


def blocked_organisations(
    session: Session, organisation_id: int, organisation_ids: Collection[int], *, asked_by_id: int | None = None
) -> set[int]:
    """The same for offers in the name of a company without a person."""
    places = set(organisation_ids)
    query = select(Block).where(
        Block.ended_at.is_(None),
        or_(
            and_(_by(organisation_id, asked_by_id), Block.of_organisation_id.in_(places)),
            and_(_of(organisation_id, asked_by_id), Block.by_organisation_id.in_(places)),
        ),
    )
    return {
        place
        for block in session.scalars(query)
        for place in (block.of_organisation_id, block.by_organisation_id)
        if place in places
    }


def blocks_of(session: Session, actor: Actor) -> list[Block]:
    """What this person blocked, and what was blocked for an organisation they lead."""
    led = [place for place in actor.organisation_ids if actor.leads(place)]
    query = select(Block).where(
        Block.ended_at.is_(None), or_(Block.by_user_id == actor.user_id, Block.by_organisation_id.in_(led))
    )
    return list(session.scalars(query.order_by(Block.id.desc())))


def reports_for(session: Session, actor: Actor, *, is_open: bool = True) -> list[Concern]:
    """Reports in this coordinator's regions; administrators see those without a region too."""
    query: Select[ReportOfConcern] = select(ReportOfConcern).order_by(ReportOfConcern.at.desc()).limit(200)
    query = query.where(ReportOfConcern.handled_at.is_(None) if is_open else ReportOfConcern.handled_at.is_not(None))
    if not actor.is_administrator:
        query = query.where(ReportOfConcern.region_id.in_(actor.region_ids))
    reports = list(session.scalars(query))
    ids = {number for report in reports for number in (report.by_id, report.of_user_id)}
    users = {user.id: user for user in session.scalars(select(User).where(User.id.in_(ids - {None})))}
    return [Concern(report, users.get(report.by_id or 0), users.get(report.of_user_id or 0)) for report in reports]


def _organisations_of(session: Session, user_ids: set[int]) -> dict[int, set[int]]:
    rows = session.execute(
        select(Grant.user_id, Grant.organisation_id).where(
            Grant.user_id.in_(user_ids), Grant.organisation_id.is_not(None), Grant.ended_at.is_(None)
        )
    )
    found: dict[int, set[int]] = {}
    for user_id, organisation_id in rows:
        if organisation_id is not None:
            found.setdefault(user_id, set()).add(organisation_id)
    return found


def _by(organisation_id: int, user_id: int | None):  # type: ignore[no-untyped-def]
    mine = Block.by_organisation_id == organisation_id
    return mine if user_id is None else or_(mine, Block.by_user_id == user_id)


def _of(organisation_id: int, user_id: int | None):  # type: ignore[no-untyped-def]
    mine = Block.of_organisation_id == organisation_id
    return mine if user_id is None else or_(mine, Block.of_user_id == user_id)


def _of_people(people: set[int]):  # type: ignore[no-untyped-def]
    return Block.of_user_id.in_(people)


def _by_people(people: set[int]):  # type: ignore[no-untyped-def]
    return Block.by_user_id.in_(people)
