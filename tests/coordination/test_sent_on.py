"""An approval nobody touches: the stand-in, then the node up, by working days and the day of the visit."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.availability.models import AvailabilityException
from matcher.availability.states import ABSENCE, ExceptionKind, OwnerType
from matcher.clock import utcnow
from matcher.coordination.approve_queries import approval_queue
from matcher.coordination.models import SentOn
from matcher.coordination.sending_on import Rung, SentOnReason, Waiting, ladder, next_rung, reason_to_send_on
from matcher.coordination.sent_on_services import send_on, take_approval
from matcher.coordination.still_true import sent_on_still_true
from matcher.coordination.tasks import due_work
from matcher.db import Database
from matcher.errors import Conflict, MatcherError
from matcher.matching.models import Match
from matcher.matching.services import approve_match
from matcher.matching.states import MatchState
from matcher.notices.models import Outbox
from matcher.notices.recipients import Recipient
from matcher.regions.models import Region
from matcher.regions.policy import DECIDE_WITHIN_WORKING_DAYS
from matcher.regions.services import set_region_rule
from tests.coordination.conftest import agreed
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_grant, make_region, make_user
from tests.matching.lives import Life, make_life

Browse = Callable[[int], FlaskClient]
MONDAY = NOW
"""Nine o'clock; both say yes now, the visit is on Thursday 10 December, thirteen working days later."""
THURSDAY = MONDAY + timedelta(days=3)
VISIT = datetime(2026, 12, 10, 9, 15, tzinfo=UTC)


def clock(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "visit", "why"),
    [
        (MONDAY + timedelta(days=2), VISIT, None),  # the second working day is still in time
        (THURSDAY, VISIT, SentOnReason.WAITED),
        (THURSDAY.replace(hour=4), VISIT, None),  # before eight
        (THURSDAY.replace(hour=17), VISIT, None),  # after six
        (MONDAY + timedelta(days=5), VISIT, None),  # Saturday
        (MONDAY + timedelta(hours=3), VISIT, None),
        (MONDAY + timedelta(days=1), clock(date(2026, 12, 1)), None),  # six working days ahead
        (MONDAY + timedelta(days=2), clock(date(2026, 12, 2)), SentOnReason.VISIT_NEAR),
        (MONDAY + timedelta(days=1), clock(date(2026, 11, 30)), None),  # near, but they have one whole day
        (MONDAY + timedelta(hours=3), clock(date(2026, 11, 24)), None),
        (MONDAY + timedelta(hours=5), clock(date(2026, 11, 24)), SentOnReason.VISIT_NEAR),
        (THURSDAY, None, SentOnReason.WAITED),
    ],
)
def test_time_to_send_on(now: datetime, visit: datetime | None, why: SentOnReason | None) -> None:
    assert reason_to_send_on(Waiting(MONDAY, visit, 2, 5), now) is why


def test_holidays_of_the_school_stop_the_clock_but_not_the_visit() -> None:
    closed = {date(2026, 11, 24) + timedelta(days=step) for step in range(14)}
    assert reason_to_send_on(Waiting(MONDAY, clock(date(2027, 1, 20)), 2, 5, closed), clock(date(2026, 12, 9))) is None
    later = reason_to_send_on(Waiting(MONDAY, clock(date(2027, 1, 20)), 2, 5, closed), clock(date(2026, 12, 10)))
    assert later is SentOnReason.WAITED
    near = reason_to_send_on(Waiting(MONDAY, VISIT, 2, 5, closed), clock(date(2026, 12, 4)))
    assert near is SentOnReason.VISIT_NEAR


def test_everybody_is_asked_once_and_the_region_first() -> None:
    anna, bram, cas = (Recipient(number, f"{number}@example.org", "x", "nl") for number in (1, 2, 3))
    rungs = [Rung(9, True, (bram,)), Rung(4, False, (anna,)), Rung(4, True, (bram, cas)), Rung(None, False, (anna,))]
    order = ladder(rungs)
    assert [(rung.region_id, rung.stand_in, [one.user_id for one in rung.people]) for rung in order] == [
        (4, False, [1]),
        (9, True, [2]),
        (4, True, [3]),
    ]
    assert next_rung(order, told=set(), away={2}) == Rung(4, True, (cas,))
    assert next_rung(order, told={2, 3}, away=set()) is None


class Tree:
    """A region with a coordinator and a stand-in, a coordinator of the landsdeel, and an administrator."""

    def __init__(self, session: Session) -> None:
        region = make_region(session)
        self.session, self.region = session, region
        self.life: Life = make_life(session)
        self.stand_in = make_user(session)
        make_grant(session, self.stand_in, Role.COORDINATOR, region=region, stand_in=True)
        above = session.get_one(Region, region.parent_id)
        self.above = make_coordinator(session, region=above)
        self.administrator = make_user(session)
        make_grant(session, self.administrator, Role.ADMINISTRATOR)
        self.match = self.life.accepted(now=MONDAY)

    def hops(self) -> list[SentOn]:
        query = select(SentOn).where(SentOn.match_id == self.match.id).order_by(SentOn.seq, SentOn.hop)
        return list(self.session.scalars(query))

    def told(self, template: str = "coordination/sent_on") -> list[tuple[str, str]]:
        query = select(Outbox.address, Outbox.channel).where(Outbox.template == template).order_by(Outbox.id)
        return [(address, channel.value) for address, channel in self.session.execute(query)]


@pytest.fixture
def tree(session: Session) -> Tree:
    return Tree(session)


def test_stand_in_then_node_up_then_administrators(session: Session, tree: Tree) -> None:
    days = [MONDAY + timedelta(days=step) for step in range(17)]
    sent = [day.date() for day in days if send_on(session, tree.match.id, now=day)]
    assert [(hop.told, hop.stand_in, hop.waited_days) for hop in tree.hops()] == [
        ([tree.stand_in.id], True, 3),
        ([tree.above.id], False, 6),
        ([tree.administrator.id], False, 8),  # five working days before the visit there is one day each
    ]
    assert sent == [date(2026, 11, 26), date(2026, 12, 1), date(2026, 12, 3)]
    assert [hop.reason for hop in tree.hops()] == ["waited", "waited", "visit_near"]
    assert tree.match.state is MatchState.ACCEPTED
    assert {address for address, _channel in tree.told()} == {
        one.email for one in (tree.stand_in, tree.above, tree.administrator)
    }
    assert set(tree.told("coordination/sent_on_from_you")) == {(tree.life.coordinator.email, "inbox")}


def test_twice_at_the_same_time_is_once(session: Session, tree: Tree) -> None:
    assert send_on(session, tree.match.id, now=THURSDAY)
    assert not send_on(session, tree.match.id, now=THURSDAY)
    assert len(tree.hops()) == 1
    assert len(tree.told()) == 2


def test_database_refuses_a_second_row_of_one_hop(session: Session, tree: Tree) -> None:
    """What is left when two workers think at the same moment."""
    send_on(session, tree.match.id, now=THURSDAY)
    [hop] = tree.hops()
    copied = {column.name: getattr(hop, column.name) for column in SentOn.__table__.columns if column.name != "id"}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(SentOn).values(**copied))
    session.execute(insert(SentOn).values(**copied | {"hop": 2}))
    assert len(tree.hops()) == 2


def test_region_gives_itself_more_days(session: Session, tree: Tree) -> None:
    set_region_rule(
        session,
        region_id=tree.region.id,
        kind=None,
        key=DECIDE_WITHIN_WORKING_DAYS,
        value=4,
        set_by_id=None,
        now=MONDAY - timedelta(days=1),
    )
    assert not send_on(session, tree.match.id, now=THURSDAY)
    assert send_on(session, tree.match.id, now=MONDAY + timedelta(days=7))


def test_somebody_who_is_away_is_passed_over(session: Session, tree: Tree) -> None:
    away(session, tree.life.coordinator.id)
    assert send_on(session, tree.match.id, now=MONDAY + timedelta(minutes=5))
    away(session, tree.above.id)
    assert send_on(session, tree.match.id, now=THURSDAY)
    assert [(hop.reason.value, hop.told) for hop in tree.hops()] == [
        ("away", [tree.stand_in.id]),
        ("waited", [tree.administrator.id]),
    ]


def away(session: Session, person_id: int) -> None:
    session.add(
        AvailabilityException(
            owner_type=OwnerType.PERSON,
            owner_id=person_id,
            start_s=int((MONDAY - timedelta(days=1)).timestamp()),
            end_s=int((MONDAY + timedelta(days=20)).timestamp()),
            kind=ExceptionKind.BUSY,
            source=ABSENCE,
        )
    )
    session.flush()


def test_decided_match_goes_nowhere_and_its_letter_is_withheld(session: Session, tree: Tree) -> None:
    send_on(session, tree.match.id, now=THURSDAY)
    [hop] = tree.hops()
    assert sent_on_still_true(session, hop.id, hop.hop, "coordination/sent_on")
    approve_match(session, tree.match.id, actor=tree.life.actor(tree.stand_in), now=THURSDAY)
    assert not sent_on_still_true(session, hop.id, hop.hop, "coordination/sent_on")
    assert not send_on(session, tree.match.id, now=MONDAY + timedelta(days=8))


def test_taking_it_stops_it_until_that_time_is_over_too(session: Session, tree: Tree) -> None:
    coordinator = tree.life.actor(tree.life.coordinator)
    with pytest.raises(Conflict):
        take_approval(session, tree.match.id, actor=coordinator, now=MONDAY)
    send_on(session, tree.match.id, now=THURSDAY)
    taken_at = MONDAY + timedelta(days=7, hours=1)
    take_approval(session, tree.match.id, actor=coordinator, now=taken_at)
    take_approval(session, tree.match.id, actor=coordinator, now=taken_at)
    with pytest.raises(Conflict):
        take_approval(session, tree.match.id, actor=tree.life.actor(tree.stand_in), now=taken_at)
    with pytest.raises(MatcherError):
        take_approval(session, tree.match.id, actor=tree.life.actor(tree.life.teacher), now=taken_at)
    assert not send_on(session, tree.match.id, now=MONDAY + timedelta(days=9))  # without it: Tuesday
    assert send_on(session, tree.match.id, now=MONDAY + timedelta(days=10))
    assert tree.hops()[-1].told == [tree.above.id]


def test_who_is_asked_sees_it_first_with_the_reason(session: Session, tree: Tree) -> None:
    older = make_life(session).accepted(now=MONDAY - timedelta(days=1))
    send_on(session, tree.match.id, now=THURSDAY)
    reader = actor_for(session, tree.stand_in.id)
    queue = approval_queue(session, reader, THURSDAY)
    assert [item.id for item in queue] == [tree.match.id, older.id]
    assert queue[0].sent_on
    assert not queue[1].sent_on
    own = approval_queue(session, actor_for(session, tree.life.coordinator.id), THURSDAY)
    assert [item.id for item in own] == [older.id, tree.match.id]


def test_round_of_the_worker(database: Database, app: Flask) -> None:
    with database.write() as session:
        tree = Tree(session)
        match_id, second = tree.match.id, make_life(session).accepted(now=THURSDAY).id
    assert due_work(database, app, MONDAY) == {}
    assert due_work(database, app, THURSDAY) == {"sent on": 1}
    assert due_work(database, app, THURSDAY) == {}
    with database.read() as session:
        assert session.scalars(select(SentOn.match_id)).all() == [match_id]
        assert session.get_one(Match, second).state is MatchState.ACCEPTED


def test_page_says_where_it_went_and_lets_somebody_take_it(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, match_id = agreed(session)
        stand_in = make_user(session, name="Wim Waarnemer")
        make_grant(
            session, stand_in, Role.COORDINATOR, region=session.get_one(Region, life.school.region_id), stand_in=True
        )
        row = SentOn(
            match_id=match_id,
            seq=session.get_one(Match, match_id).seq,
            hop=1,
            region_id=life.school.region_id,
            stand_in=True,
            reason=SentOnReason.WAITED,
            waited_days=3,
            told=[stand_in.id],
            sent_at=utcnow(),
        )
        session.add(row)
        coordinator, helper = life.coordinator.id, stand_in.id
    page = browse(coordinator).get(f"/coordination/approve?match={match_id}").text
    assert "Wim Waarnemer" in page
    assert f"/coordination/approve/{match_id}/take" in page
    assert browse(helper).post(f"/coordination/approve/{match_id}/take").status_code == 302
    assert f"/coordination/approve/{match_id}/take" not in browse(coordinator).get("/coordination/approve").text
    assert browse(coordinator).post(f"/coordination/approve/{match_id}/take").status_code == 409
    assert browse(coordinator).get("/coordination").status_code == 200
    assert browse(coordinator).post("/coordination/approve/999999/take").status_code == 404
