"""A small generated world, lived through on each engine: the same for a seed, whole, marked, and with all states."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.passwords import Passwords
from matcher.accounts.states import Role
from matcher.availability.states import Kind
from matcher.demo import queries
from matcher.demo.people_services import TOLD, address_of
from matcher.demo.services import generate
from matcher.demo.sizes import SIZES
from matcher.matching.bridge_queries import asked_bridge
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import HybridStepTaken, Match, MatchEvent, MatchMoment
from matcher.matching.states import HybridStep, MatchState
from matcher.matching.suggestion_models import SuggestionRun
from matcher.matching.suggestion_services import suggest
from matcher.notices.models import NoticeState, Outbox
from matcher.offers.models import Offer, OfferRevision, OfferSearch
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from tests.factories import NOW

PASSWORD = "three small words"


@pytest.fixture(scope="module")
def kept() -> str:
    return Passwords(cheap=True).hash(PASSWORD)


@pytest.fixture(scope="module")
def world(shared_database, kept):
    """One world per engine, forgotten at the end of the module."""
    with shared_database.session(write=True) as session:
        generate(session, size=SIZES["hamlet"], now=NOW, password_hash=kept)
        yield session
        session.rollback()


def states_of(session: Session) -> Counter:
    return Counter(session.scalars(select(Match.state)))


def told(session: Session, account: str) -> User:
    return session.scalars(select(User).where(User.email == address_of(account))).one()


def test_main_states_occur(world: Session) -> None:
    states = states_of(world)
    assert states[MatchState.HELD] >= 8
    for state in ("proposed", "accepted", "approved", "declined", "superseded"):
        assert states[MatchState(state)] > 0, state
    requests = Counter(world.scalars(select(Request.state)))
    assert requests[RequestState.OPEN] > 10
    assert requests[RequestState.DRAFT] >= 2


def test_internships_and_placements_stand_at_every_stage(world: Session) -> None:
    rows = world.execute(select(Match.kind, Match.state).where(Match.kind != Kind.GUEST_LECTURE)).all()
    found = {kind: {state for of, state in rows if of is kind} for kind in Kind}
    asked = {MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.APPROVED}
    assert found[Kind.TEACHER_INTERNSHIP] == asked | {MatchState.HELD}
    assert found[Kind.HYBRID_PLACEMENT] == asked
    steps = dict(world.execute(select(HybridStepTaken.step, HybridStepTaken.linked_match_id)).all())
    assert set(steps) == set(HybridStep) - {HybridStep.ENDED}
    assert world.get_one(Match, steps[HybridStep.TRIAL_LESSON]).state is MatchState.HELD
    for kind in found:
        open_alone = select(Request).where(Request.kind == kind, Request.state == RequestState.OPEN)
        assert world.scalars(open_alone.where(Request.id.not_in(select(Match.request_id)))).first(), kind


def test_told_leader_has_a_vacancy_for_two_people(world: Session) -> None:
    mine = select(Request).where(Request.asked_by_id == told(world, "lead").id, Request.needed == 2)
    (vacancy,) = world.scalars(mine.where(Request.kind == Kind.HYBRID_PLACEMENT)).all()
    bridge = asked_bridge(world, vacancy)
    assert bridge is not None
    assert Counter(match.state for match in bridge.matches) == {MatchState.APPROVED: 1, MatchState.ACCEPTED: 1}


def test_told_people_see_every_kind(world: Session) -> None:
    """The teacher, the contact, the leader and the professional each have one to look at, the coordinator all."""

    def kinds(*conditions: object) -> set[Kind]:
        return set(world.scalars(select(Match.kind).where(*conditions)))

    lead, professional = told(world, "lead").id, told(world, "professional").id
    assert Kind.TEACHER_INTERNSHIP in kinds(Match.teacher_id == told(world, "teacher").id)
    assert Kind.HYBRID_PLACEMENT in kinds(Match.teacher_id == lead)
    assert Kind.HYBRID_PLACEMENT in kinds(Match.professional_id == professional, Match.state == MatchState.PROPOSED)
    region = world.scalar(select(Grant.region_id).where(Grant.user_id == told(world, "coordinator").id))
    assert kinds(Match.region_id == region, Match.state == MatchState.ACCEPTED) == set(Kind)


def test_every_promise_of_the_data_is_kept(world: Session) -> None:
    assert broken_promises(world) == []


def test_chains_end_in_the_state_of_the_match(world: Session) -> None:
    last = select(MatchEvent.match_id, func.max(MatchEvent.seq).label("seq")).group_by(MatchEvent.match_id).subquery()
    query = (
        select(Match.state, Match.seq, MatchEvent.to_state, last.c.seq)
        .join(last, last.c.match_id == Match.id)
        .join(MatchEvent, (MatchEvent.match_id == Match.id) & (MatchEvent.seq == last.c.seq))
    )
    rows = world.execute(query).all()
    assert len(rows) == world.scalar(select(func.count(Match.id)))
    assert all(state.value == to_state and seq == last_seq for state, seq, to_state, last_seq in rows)


def test_no_step_lies_in_the_future(world: Session) -> None:
    assert world.scalar(select(func.max(MatchEvent.at))) <= NOW
    held = select(func.max(MatchMoment.end_s)).join(Match, Match.id == MatchMoment.match_id)
    assert world.scalar(held.where(Match.state == MatchState.HELD, MatchMoment.chosen)) <= NOW.timestamp()


def test_everything_generated_is_marked(world: Session) -> None:
    for model in (Organisation, Offer, Request, Match, SuggestionRun):
        assert world.scalar(select(func.count()).select_from(model).where(~model.generated)) == 0, model
    assert all(address.endswith("@demo.example") for address in world.scalars(select(User.email)))


def test_told_people_have_their_roles(world: Session) -> None:
    for account, role in zip(TOLD, Role, strict=False):
        assert told(world, account).email_confirmed_at is not None
        assert role in set(Role)
    found = {
        account: set(world.scalars(select(Grant.role).where(Grant.user_id == told(world, account).id)))
        for account in TOLD
    }
    assert [found[account] for account in TOLD] == [
        {Role.TEACHER},
        {Role.SCHOOL_LEAD},
        {Role.PROFESSIONAL},
        {Role.COMPANY_CONTACT},
        {Role.COORDINATOR},
        {Role.ADMINISTRATOR},
    ]


def test_told_teacher_finds_the_told_professional_among_the_first(world: Session) -> None:
    mine = select(Request).where(Request.asked_by_id == told(world, "teacher").id)
    drafts = world.scalars(mine.where(Request.state == RequestState.DRAFT)).all()
    asked = select(Match.request_id)
    waiting = world.scalars(mine.where(Request.state == RequestState.OPEN, Request.id.not_in(asked))).all()
    assert drafts
    assert waiting
    found = suggest(world, request_id=waiting[0].id, now=NOW)
    first = [world.get_one(Offer, each.offer_id).person_id for each in found.candidates[:3]]
    assert told(world, "professional").id in first
    assert len(found.candidates) >= 3


def test_told_professional_has_invitations_and_a_past(world: Session) -> None:
    own = Counter(world.scalars(select(Match.state).where(Match.professional_id == told(world, "professional").id)))
    assert own[MatchState.PROPOSED] >= 2
    assert own[MatchState.HELD] >= 1


def test_told_coordinator_has_something_to_decide(world: Session) -> None:
    region = world.scalar(select(Grant.region_id).where(Grant.user_id == told(world, "coordinator").id))
    school = world.scalar(
        select(Organisation.region_id)
        .join(Grant, Grant.organisation_id == Organisation.id)
        .where(Grant.user_id == told(world, "teacher").id)
    )
    assert region == school
    waiting = select(func.count(Match.id)).where(Match.region_id == region, Match.state == MatchState.ACCEPTED)
    assert world.scalar(waiting) >= 3
    assert world.scalar(select(func.count(Organisation.id)).where(Organisation.verified_at.is_(None))) >= 2
    assert world.scalar(select(func.count(Grant.id)).where(Grant.confirmed_at.is_(None))) >= 2
    assert world.scalar(select(func.count(Request.id)).where(Request.held_back)) == 1


def test_password_opens_every_account(world: Session) -> None:
    hashes = set(world.scalars(select(User.password_hash)))
    assert len(hashes) == 1
    assert Passwords(cheap=True).fits(hashes.pop(), PASSWORD)


def test_mails_of_the_past_are_never_sent(world: Session) -> None:
    assert set(world.scalars(select(Outbox.state))) == {NoticeState.SENT}
    unread = select(Outbox.created_at).where(Outbox.read_at.is_(None), Outbox.channel == "inbox")
    times = list(world.scalars(unread))
    assert times
    assert min(times) > NOW - timedelta(days=5)


def test_open_offers_can_be_found_and_have_a_revision(world: Session) -> None:
    open_ids = set(world.scalars(select(Offer.id).where(Offer.state == OfferState.OPEN)))
    assert open_ids == set(world.scalars(select(OfferSearch.offer_id)))
    assert open_ids <= set(world.scalars(select(OfferRevision.offer_id)))


def test_summary_counts_what_there_is(world: Session) -> None:
    counts = queries.summary(world, now=NOW)
    assert counts["matches"]["held"] == states_of(world)[MatchState.HELD]
    assert set(counts["matches"]) == {state.value for state in MatchState}
    assert counts["open_request_ids"]
    assert counts["professionals"] > 30
    assert counts["suggestions"] > 0
    assert queries.made_at(world) is not None
