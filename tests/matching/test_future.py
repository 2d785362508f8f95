"""Whatever happens later changes neither the facts nor the examples of now; a look ahead that is planted is found."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.errors import MatcherError
from matcher.matching import learning_queries, nearby_queries, services, view_queries, visit_services
from matcher.matching.afterwards_services import register_visit
from matcher.matching.change_services import ask_move, move_match
from matcher.matching.eligibility import judge
from matcher.matching.learning_queries import examples
from matcher.matching.models import MatchEvent
from matcher.matching.nearby_queries import own_views
from matcher.matching.pairs import facts_batch
from matcher.matching.states import CancelReason, RejectReason
from matcher.matching.suggestion_models import Suggestion
from matcher.matching.view_queries import offer_views, request_view
from matcher.organisations.models import Partnership
from tests.factories.matching import THURSDAY, make_request
from tests.matching.lives import NOW, make_life
from tests.matching.test_afterwards import past
from tests.matching.test_learning import approve, ask, no, report, stored, yes

AS_OF = NOW + timedelta(hours=1)
MATCHES = 4
LONG_AGO = NOW.date() - timedelta(days=21)


class World:
    """Two requests at the same moments; of everybody something is under way, and one visit was held long ago."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.life = make_life(session, guests=3, needed=3)
        past = make_request(session, school=self.life.school, teacher=self.life.teacher, needed=3, level="havo")
        self.other = make_request(session, school=self.life.school, teacher=self.life.teacher, needed=3)
        before = NOW - timedelta(hours=3)
        first, *others = stored(self.life, at=before), stored(self.life, at=before, request=past)
        self.rows = [*first, *others[0]]
        self.matches = [ask(self.life, row, before) for row in (first[0], first[1], *others[0][:2])]
        yes(self.life, self.matches[0], before, moment=0)
        yes(self.life, self.matches[2], before, moment=1)
        approve(self.life, self.matches[2], before)

    def facts(self) -> list[list[float]]:
        """Of everybody for a request that asks for the same moments, from the side of the school and of the guest."""
        found = []
        for request in (self.life.request, self.other):
            view = request_view(self.session, request.id, now=AS_OF)
            ids = [offer.id for offer in self.life.offers]
            many = offer_views(self.session, view, ids, now=AS_OF)
            offers = [many[number] for number in ids]
            offers += own_views(self.session, {view.id: view}, ids, now=AS_OF)[view.id]
            verdicts = [judge(view, offer, now=AS_OF) for offer in offers]
            found += facts_batch(view, offers, verdicts, as_of=AS_OF).values.tolist()
        return found

    def examples(self) -> list[Any]:
        known = examples(self.session, as_of=AS_OF)
        return [np.nan_to_num(getattr(known, name), nan=-1).tolist() for name in vars(known)]

    def steps(self) -> int:
        return self.session.scalar(select(func.count()).select_from(MatchEvent)) or 0

    def seen(self) -> tuple[list[Any], list[Any]]:
        self.session.expire_all()
        return self.facts(), self.examples()


def later(world: World, verb: str, number: int, at: datetime) -> None:
    """One thing that happens after all; what cannot happen does not."""
    life, session, match = world.life, world.session, world.matches[number]
    teacher, guest = life.actor(life.teacher), life.actor(match.professional_id or 0)
    coordinator = life.actor(life.coordinator)
    verbs: dict[str, Callable[[], object]] = {
        "yes": lambda: yes(life, match, at),
        "no": lambda: no(life, match, at),
        "undo": lambda: services.undo(session, match.id, actor=guest, now=at - timedelta(minutes=59, seconds=30)),
        "approve": lambda: approve(life, match, at),
        "reject": lambda: services.reject_match(
            session, match.id, reason=RejectReason.DUPLICATE, actor=coordinator, now=at
        ),
        "withdraw": lambda: services.withdraw_match(
            session, match.id, reason=CancelReason.OTHER, actor=teacher, now=at
        ),
        "cancel": lambda: services.cancel_match(session, match.id, reason=CancelReason.ILL, actor=guest, now=at),
        "ask to move": lambda: ask_move(
            session, match.id, day=THURSDAY + timedelta(days=5), starts="10:00", ends="10:50", actor=teacher, now=at
        ),
        "move": lambda: move_match(session, match.id, actor=guest, now=at),
        "held": lambda: report(life, match, now=at + timedelta(days=40)),
        "missed": lambda: report(life, match, happened=False, now=at + timedelta(days=40)),
        "expire": lambda: visit_services.expire_match(session, match.id, now=at + timedelta(days=30)),
        "ask": lambda: ask(life, stored(life, at=at, request=world.other)[number % 3], at),
        "look": lambda: session.execute(update(Suggestion).values(shown_at=at, opened_at=at)),
        "note a visit": lambda: register_visit(session, visit=past(life, day=LONG_AGO), actor=coordinator, now=at),
        "partner": lambda: _partner(world, number, at),
    }
    try:
        with session.begin_nested():
            verbs[verb]()
            session.flush()
    except (MatcherError, IntegrityError):
        session.expire_all()


VERBS = (
    "yes", "no", "undo", "approve", "reject", "withdraw", "cancel", "ask to move", "move", "held", "missed", "expire",
    "ask", "look", "partner", "note a visit",
)  # fmt: skip


def _partner(world: World, number: int, at: datetime) -> None:
    company = world.life.offers[number % 3].organisation_id
    world.session.add(
        Partnership(
            school_id=world.life.school.id, company_id=company, proposed_at=at, confirmed_at=at, proposed_side="school",
            proposed_by_id=world.life.teacher.id, confirmed_by_id=world.life.teacher.id,
        )
    )  # fmt: skip


STORIES = (
    [("yes", 1), ("approve", 1), ("held", 1)],
    [("no", 3), ("expire", 1)],
    [("yes", 1), ("undo", 1), ("no", 1)],
    [("cancel", 2), ("withdraw", 1)],
    [("ask to move", 2), ("move", 2)],
    [("reject", 0), ("missed", 2)],
    [("ask", 2), ("partner", 1), ("look", 0)],
    [("note a visit", 0)],
)


def changed_by(world: World, story: Sequence[tuple[str, int]]) -> bool:
    """Live on for a while, look back, and forget it again."""
    before, steps = world.seen(), world.steps()
    with world.session.begin_nested() as unit:
        for hours, (verb, number) in enumerate(story, start=2):
            later(world, verb, number, NOW + timedelta(hours=hours))
        after = world.seen()
        assert world.steps() > steps
        unit.rollback()
    world.session.expire_all()
    return after != before


def test_each_thing_that_happens_later_leaves_now_alone(session: Session) -> None:
    world = World(session)
    assert [story for story in STORIES if changed_by(world, story)] == []


@pytest.fixture
def alone(sqlite_database: Database) -> Iterator[Session]:
    """For what does not depend on the engine."""
    with sqlite_database.session(write=True) as session:
        yield session
        session.rollback()


@settings(
    max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, MATCHES - 1)), min_size=2, max_size=8))
def test_nothing_later_changes_facts_or_examples(alone: Session, story: list[tuple[str, int]]) -> None:
    with alone.begin_nested() as unit:
        world = World(alone)
        before = world.seen()
        for hours, (verb, number) in enumerate(story, start=2):
            later(world, verb, number, NOW + timedelta(hours=hours))
        assert world.seen() == before
        unit.rollback()
    alone.expire_all()


def _ahead(of: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with eyes for the coming year."""

    def look(*args: Any, **named: Any) -> Any:
        moved = [each + timedelta(days=365) if isinstance(each, datetime) else each for each in args]
        return of(*moved, **{k: v + timedelta(days=365) if k == "as_of" else v for k, v in named.items()})

    return look


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (view_queries, "held_at"),
        (nearby_queries, "chains_of"),
        (view_queries, "tallies"),
        (view_queries, "standing_pairs"),
        (learning_queries, "_became"),
        (learning_queries, "_suggestions"),
        (learning_queries, "_again"),
    ],
)
def test_planted_look_ahead_is_found(alone: Session, monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    monkeypatch.setattr(where, name, _ahead(getattr(where, name)))
    world = World(alone)
    assert any(changed_by(world, story) for story in STORIES)
