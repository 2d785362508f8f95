"""All ways of leaving in any order: whatever lives has somebody who can go on with it, and the clock ends it.

Nobody is asked beyond a maximum meanwhile, and never more than three wait for one request.
"""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for, coordinators_of
from matcher.accounts.states import Role
from matcher.availability.models import AvailabilityException
from matcher.availability.states import ABSENCE, ExceptionKind, OwnerType
from matcher.db import Database
from matcher.errors import MatcherError
from matcher.matching import leaving_queries, services
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match, MatchMoment
from matcher.matching.policy import allowed_actions, holders, sides_of
from matcher.matching.proposal_services import tick
from matcher.matching.queries import facts_of_match
from matcher.matching.states import LIVE, CancelReason, DeclineReason, MatchState, Side
from matcher.matching.tasks import due_work
from matcher.offers.models import Offer
from matcher.offers.search_services import refresh_all
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, SchoolClass
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.factories.people import make_grant, make_school, make_teacher, make_user
from tests.matching.lives import make_life
from tests.matching.test_leaving import leave, member


class World:
    """Three schools and eight guests to whom things happen in any order; every event goes through the verbs or is what
    a page leaves behind."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.chance, self.now = database, random.Random(seed), NOW
        with database.write() as session:
            life = make_life(session, guests=8)
            self.offers = [offer.id for offer in life.offers]
            for offer in life.offers:
                offer.yearly_cap = self.chance.choice([1, 2, 3])
                offer.notice_days = self.chance.choice([0, 3, 5])
                if self.chance.random() < 0.5:
                    member(session, Role.COMPANY_CONTACT, offer.organisation_id)
                session.get_one(Organisation, offer.organisation_id).ask_limit = self.chance.choice([None, 2])
            self.requests = [life.request.id]
            for _ in range(2):
                school = make_school(session)
                if self.chance.random() < 0.5:
                    member(session, Role.SCHOOL_LEAD, school.id)
                teacher = make_teacher(session, school=school)
                self.requests.append(make_request(session, school=school, teacher=teacher).id)
            for request_id in self.requests:
                asker = actor_for(session, session.get_one(Request, request_id).asked_by_id)
                order = self.chance.sample(self.offers, 6)
                tick(session, request_id=request_id, offer_ids=order, actor=asker, now=NOW)

    def play(self, steps: int) -> None:
        self.round()
        for _ in range(steps):
            event = self.chance.choice(EVENTS)
            try:
                with self.database.write() as session:
                    event(self, session)
            except MatcherError:
                pass
            self.now += timedelta(hours=self.chance.choice([0, 1, 6, 30]))
            self.round()
            self.check()

    def round(self) -> None:
        """The clock's work, until nothing more is due."""
        for _ in range(6):
            self.now += timedelta(seconds=61)
            done = due_work(self.database, None, self.now)
            if not set(done) - {"suggested"}:
                return
        raise AssertionError(f"the round does not come to rest: {done}")

    def check(self) -> None:
        with self.database.read() as session:
            live = session.scalars(select(Match).where(Match.state.in_(LIVE))).all()
            here = session.scalars(select(User.id).where(User.stopped_at.is_(None)))
            people = [actor_for(session, user_id) for user_id in here]
            stranded = [why for match in live for why in self._stranded(session, match, people)]
            assert stranded == []
            waiting = select(func.count(Match.id)).where(Match.state == MatchState.PROPOSED).group_by(Match.request_id)
            assert max(session.scalars(waiting).all(), default=0) <= 3
            for offer in session.scalars(select(Offer)):
                assert _taken(session, offer) <= (offer.yearly_cap or 0), "nobody beyond the maximum"

    def _stranded(self, session: Session, match: Match, people: list[Actor]) -> list[str]:
        """Who must act can act, or those who serve the region; and there is a date by which it is over."""
        facts, found = facts_of_match(session, match, self.now), []
        able = [actor for actor in people if allowed_actions(facts, actor, self.now)]
        served = coordinators_of(session, match.region_id)
        missing = [side for side in holders(facts, self.now) if not any(side in sides_of(facts, one) for one in able)]
        if not served:
            found += [f"match {match.id} ({match.state}): nobody for {side}" for side in missing]
        chosen = select(MatchMoment).where(MatchMoment.match_id == match.id, MatchMoment.chosen)
        moment = session.scalars(chosen).first()
        if match.state is MatchState.PROPOSED and match.expires_at is None:
            found.append(f"match {match.id}: waits without end")
        if match.state is not MatchState.PROPOSED and moment is None:
            found.append(f"match {match.id}: agreed for no day")
        return found


def _taken(session: Session, offer: Offer) -> int:
    query = select(func.count(Match.id)).where(
        Match.professional_id == offer.person_id,
        Match.state.in_([*LIVE, MatchState.HELD]),
        (Match.state != MatchState.PROPOSED) | (Match.side != Side.COMPANY),
    )
    return session.scalar(query) or 0


def _some_match(world: World, session: Session, *states: MatchState) -> Match:
    found = session.scalars(select(Match).where(Match.state.in_(states)).order_by(Match.id)).all()
    if not found:
        raise MatcherError()
    return world.chance.choice(found)


def _guest(session: Session, match: Match) -> Any:
    offer = session.get_one(Offer, match.offer_id)
    contact = select(Grant.user_id).where(
        Grant.role == Role.COMPANY_CONTACT, Grant.organisation_id == offer.organisation_id, Grant.ended_at.is_(None)
    )
    return actor_for(session, match.visitor_id or match.professional_id or session.scalars(contact).first() or 0)


def says_yes(world: World, session: Session) -> None:
    match = _some_match(world, session, MatchState.PROPOSED)
    query = select(MatchMoment.id).where(MatchMoment.match_id == match.id, MatchMoment.dropped_at.is_(None))
    moment = world.chance.choice(session.scalars(query.order_by(MatchMoment.id)).all() or [0])
    services.accept_match(session, match.id, moment_id=moment, actor=_guest(session, match), now=world.now)


def says_no(world: World, session: Session) -> None:
    match = _some_match(world, session, MatchState.PROPOSED)
    services.decline_match(session, match.id, reason=DeclineReason.NO_TIME, actor=_guest(session, match), now=world.now)


def approves(world: World, session: Session) -> None:
    match = _some_match(world, session, MatchState.ACCEPTED)
    served = coordinators_of(session, match.region_id)
    services.approve_match(session, match.id, actor=actor_for(session, served[0].user_id or 0), now=world.now)


def calls_off(world: World, session: Session) -> None:
    match = _some_match(world, session, MatchState.APPROVED)
    services.cancel_match(session, match.id, reason=CancelReason.ILL, actor=_guest(session, match), now=world.now)


def wants_to_be_kept(world: World, session: Session) -> None:
    _some_match(world, session, MatchState.SUPERSEDED).keep_in_mind = True


def offer_pauses(world: World, session: Session) -> None:
    offer = session.get_one(Offer, world.chance.choice(world.offers))
    offer.paused_until = world.now.date() + timedelta(days=world.chance.choice([3, 60]))


def offer_is_withdrawn(world: World, session: Session) -> None:
    session.get_one(Offer, world.chance.choice(world.offers)).state = OfferState.WITHDRAWN
    refresh_all(session, now=world.now)


def goes_away(world: World, session: Session) -> None:
    offer = session.get_one(Offer, world.chance.choice(world.offers))
    start = int(world.now.timestamp())
    session.add(
        AvailabilityException(
            owner_type=OwnerType.PERSON, owner_id=offer.person_id, kind=ExceptionKind.BUSY, source=ABSENCE,
            start_s=start, end_s=start + 9 * 86_400,
        )
    )  # fmt: skip


def guest_leaves(world: World, session: Session) -> None:
    offer = session.get_one(Offer, world.chance.choice(world.offers))
    leave(session, offer.person_id or 0, offer.organisation_id, world.now)


def teacher_leaves(world: World, session: Session) -> None:
    request = session.get_one(Request, world.chance.choice(world.requests))
    leave(session, request.asked_by_id, request.organisation_id, world.now)


def is_stopped(world: World, session: Session) -> None:
    offer, request = world.chance.choice(world.offers), world.chance.choice(world.requests)
    person = world.chance.choice(
        [session.get_one(Offer, offer).person_id, session.get_one(Request, request).asked_by_id]
    )
    session.get_one(User, person).stopped_at = world.now


def organisation_ends(world: World, session: Session) -> None:
    if world.chance.random() < 0.4:
        offer, request = world.chance.choice(world.offers), world.chance.choice(world.requests)
        owner = world.chance.choice([session.get_one(Offer, offer), session.get_one(Request, request)])
        place = session.get_one(Organisation, owner.organisation_id)
        setattr(place, world.chance.choice(["stopped_at", "ended_at"]), world.now)


def class_ends(world: World, session: Session) -> None:
    request = session.get_one(Request, world.chance.choice(world.requests))
    session.get_one(SchoolClass, request.class_id).ended_at = world.now


def coordinator_leaves(world: World, session: Session) -> None:
    """And the country's takes over."""
    for grant in session.scalars(select(Grant).where(Grant.role == Role.COORDINATOR, Grant.ended_at.is_(None))):
        grant.ended_at = world.now
    if session.scalar(select(Grant.id).where(Grant.role == Role.ADMINISTRATOR).limit(1)) is None:
        make_grant(session, make_user(session), Role.ADMINISTRATOR)


EVENTS = [
    *[says_yes] * 5, *[says_no] * 2, *[approves] * 3, calls_off, wants_to_be_kept, offer_pauses, offer_is_withdrawn,
    goes_away, guest_leaves, teacher_leaves, is_stopped, organisation_ends, class_ends, coordinator_leaves,
]  # fmt: skip


@pytest.mark.parametrize(
    ("seeds", "steps"), [((1,), 12), pytest.param(tuple(range(2, 7)), 20, marks=pytest.mark.integrity)]
)
def test_whatever_happens_strands_nobody(database_url: str, seeds: tuple[int, ...], steps: int) -> None:
    for seed in seeds:
        database = Database(database_url)
        world = World(database, seed)
        world.play(steps)
        with database.read() as session:
            assert broken_promises(session) == []
        world.now += timedelta(days=60)
        world.round()
        with database.read() as session:
            left = session.scalars(select(Match.id).where(Match.state.in_(LIVE))).all()
            assert left == [], "the clock brings everything to an end"
            assert broken_promises(session) == []
        database.dispose()


def test_without_handing_over_somebody_is_stranded(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same check sees who was left behind."""
    world = World(sqlite_database, 1)
    world.round()
    for nobody in ("guests_gone", "askers_gone"):
        monkeypatch.setattr(leaving_queries, nobody, lambda database: [])
    with sqlite_database.write() as session:
        for match in session.scalars(select(Match).where(Match.state == MatchState.PROPOSED)):
            leave(session, match.professional_id or 0, session.get_one(Offer, match.offer_id).organisation_id)
        for grant in session.scalars(select(Grant).where(Grant.role.in_((Role.COORDINATOR, Role.ADMINISTRATOR)))):
            grant.ended_at = NOW
    world.round()
    with pytest.raises(AssertionError, match="nobody for"):
        world.check()
