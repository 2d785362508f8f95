"""A generated country in small, lived through in memory, with everybody who could have been asked kept for judging.

The people, the places, the history and the facts are those of `matcher demo`; the chances are those of its hidden rule.
"""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from matcher.availability.states import Kind
from matcher.db import Database
from matcher.demo import hidden_rule
from matcher.demo.bulk import services as bulk
from matcher.demo.bulk.asking import Desk
from matcher.demo.bulk.history import Life
from matcher.demo.bulk.lives import Asked, Shown
from matcher.demo.bulk.writing_services import Writer
from matcher.demo.sizes import BulkSize
from matcher.matching.pairs import facts_batch
from matcher.matching.states import MatchState
from matcher.migrate import upgrade
from matcher.ranking.examples import Examples
from matcher.ranking.facts import FactsBatch
from matcher.subjects.levels import Level

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER_SHARE = 0.25
"""The last part of the requests is judged on, and nothing of it is learned from."""
JUDGED_OF = 2
MANY_VIEWS = 60
SEEN_AT_MOST = 200
SIZES = {
    "small": BulkSize(
        "small",
        professionals=900,
        requests=1_200,
        teachers=400,
        schools=90,
        regions=("fryslan", "groningen"),
        sample=40,
    ),
    "full": BulkSize(
        "full",
        professionals=3_000,
        requests=7_000,
        teachers=1_500,
        schools=260,
        regions=("fryslan", "groningen", "drenthe"),
        sample=20,
    ),
}


@dataclass(frozen=True, eq=False)
class Later:
    """Requests to judge on: everybody who could be asked, with the truth."""

    batch: FactsBatch
    bounds: np.ndarray
    guest: np.ndarray
    truth: np.ndarray  # the chance of a visit that takes place
    school: np.ndarray  # of each request
    at: np.ndarray


@dataclass(frozen=True, eq=False)
class World:
    log: Examples
    later: Later
    cut: float  # epoch seconds
    views: list[Any]  # of some later requests: the request, offers and verdicts as they were judged, and when


class _Watching(Desk):
    """Keeps, of later requests, everybody who could be asked."""

    def __init__(self, desk: Desk, after: datetime) -> None:
        super().__init__(**{name: getattr(desk, name) for name in Desk.__dataclass_fields__})
        self.after = after
        self.wide: list[Any] = []
        self.views: list[Any] = []

    def suggest(self, asked: Asked, now: datetime) -> None:
        # Some of them are enough.
        if now >= self.after and asked.row["id"] % JUDGED_OF == 0:
            view = self._today(asked, now)
            found = self.index.eligible(view, now=now, sample=SEEN_AT_MOST)
            if len(found) > 1:
                batch = facts_batch(view, [each.view for each in found], [each.verdict for each in found], as_of=now)
                guests = [each.given.past.person_id or -each.view.id for each in found]
                tempers = [each.given.past.temper for each in found]
                if len(found) > MANY_VIEWS:
                    self.views.append((view, [each.view for each in found], [each.verdict for each in found], now))
                self.wide.append((batch.values, guests, tempers, asked.school.id, now.timestamp()))
        super().suggest(asked, now)


class _AtRandom(Life):
    """The same people and requests, but whoever is asked was drawn from those shown."""

    def _look(self, asked: Asked, now: datetime) -> list[Shown]:
        for shown in asked.shown:
            shown.row["shown_at"] = now
        return self.dice.sample(asked.shown, min(len(asked.shown), self.dice.choice([1, 2, 2])))


def make_world(size: str, *, seed: int, at_random: bool = False, judged: bool = True) -> World:
    """Everything in a temporary folder that is gone afterwards."""
    plan = bulk.Plan(SIZES[size], NOW, "x", seed=seed)
    cut = plan.began + (plan.now - plan.began) * (1 - LATER_SHARE)
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'world.db'}"
        upgrade(address)
        database = Database(address)
        try:
            with database.session(write=True) as session:
                _lay_ground(session)
                found = _live(session, plan, cut if judged else plan.now, at_random)
                session.rollback()
        finally:
            database.dispose()
    over, wide, views = found
    return World(_examples(over), _later(wide), cut.timestamp(), views)


def _lay_ground(session: Any) -> None:
    from matcher.regions.services import seed_regions
    from matcher.safeguarding.services import seed_rules
    from matcher.subjects.services import seed_topics

    seed_regions(session, NOW)
    seed_topics(session)
    seed_rules(session)


def _live(session: Any, plan: bulk.Plan, cut: datetime, at_random: bool) -> tuple[list[Any], list[Any], list[Any]]:
    session.flush()
    writer = Writer(session)
    population = bulk.populate(session, writer, plan)
    agenda = bulk.Agenda(writer.next_id)
    desk = _Watching(bulk._desk(session, writer, plan, population, agenda), cut)
    chains, kept = bulk.Chains(population, agenda, writer.next_id), []
    dice = Random(plan.seed + 1)

    def over(asked: Asked) -> None:
        kept.append(_rows(asked))
        asked.forget()

    life = (_AtRandom if at_random else Life)(desk, chains, dice, plan.now, over)
    leads = [asker for asker in population.askers if asker.leads]
    others = [asker for asker in population.askers if not asker.leads]
    shares = dict(plan.size.shares)
    for number in range(plan.size.requests):
        kind = dice.choices(list(shares), list(shares.values()))[0]
        who = {Kind.TEACHER_INTERNSHIP: others, Kind.HYBRID_PLACEMENT: leads}.get(kind) or population.askers
        asker = who[number % len(who)]
        life.plan(bulk._some_day(dice, plan, asker), kind, asker, lambda: None)
    life.live_until_now()
    return kept, desk.wide, desk.views


LEVELS = [level.value for level in Level]
SETTLED = {MatchState.ACCEPTED: 1.0, MatchState.DECLINED: 0.0, MatchState.EXPIRED: 0.0}
LEFT = {MatchState.SUPERSEDED, MatchState.WITHDRAWN, MatchState.CANCELLED}
ENDED = {MatchState.HELD: 1.0, MatchState.MISSED: 0.0, MatchState.CANCELLED: 0.0, MatchState.REJECTED: 0.0,
         MatchState.WITHDRAWN: 0.0, MatchState.EXPIRED: 0.0}  # fmt: skip


def _rows(asked: Asked) -> list[dict[str, Any]]:
    pairs = {pair.row["suggestion_id"]: pair for pair in asked.pairs}
    return [_row(asked, shown, pairs.get(shown.row["id"])) for shown in asked.shown]


def _row(asked: Asked, shown: Shown, pair: Any) -> dict[str, Any]:
    asked_at, left, yes, settled, held, ended = [np.nan] * 6
    if pair is not None:
        asked_at = pair.row["created_at"].timestamp()
    for event in pair.events if pair is not None else ():
        to, come_from = event["to_state"], event["from_state"]
        if come_from == MatchState.PROPOSED and to in SETTLED:
            yes, settled = SETTLED[to], event["at"].timestamp()
        elif come_from == MatchState.PROPOSED and to in LEFT:
            left = event["at"].timestamp()
        elif yes == 1 and to in ENDED:
            held, ended = ENDED[to], event["at"].timestamp()
    past = shown.given.past
    return {
        "facts": np.frombuffer(shown.row["facts"], dtype="<f4").astype(np.float64),
        "run": shown.row["run_id"],
        "request": asked.row["id"],
        "offer": shown.row["offer_id"],
        "guest": past.person_id or -shown.row["offer_id"],
        "at": asked.run["as_of"].timestamp() if asked.run else 0.0,
        "position": shown.row["position"],
        "propensity": shown.row["propensity"],
        "score": shown.row["score"],
        "shown": shown.row["shown_at"] is not None,
        "opened": shown.row["opened_at"] is not None,
        "invited": pair is not None,
        "asked_at": asked_at,
        "left_at": left,
        "yes": yes,
        "settled_at": settled,
        "held": held,
        "ended_at": ended,
        "again_school": np.nan,
        "again_guest": np.nan,
        "landsdeel": asked.row["region_id"],
        "level": LEVELS.index(asked.row["level"]) if asked.row["level"] in LEVELS else -1,
        "never_served": asked.view.school_visits == 0,
    }


def _examples(requests: list[list[dict[str, Any]]]) -> Examples:
    rows = sorted(
        (row for each in requests for row in each), key=lambda row: (row["at"], row["request"], row["position"])
    )
    return Examples(**{name: np.array([row[name] for row in rows]) for name in rows[0]})


def _later(wide: list[Any]) -> Later:
    values = np.concatenate([each[0] for each in wide]) if wide else np.zeros((0, 0))
    if not wide:
        return Later(FactsBatch.of([]), np.zeros(1, dtype=np.int64), *(np.zeros(0) for _name in range(4)))
    # As they would have been stored: four bytes a fact.
    batch = FactsBatch(values.astype(np.float32).astype(np.float64))
    tempers = [temper for each in wide for temper in each[2]]
    truth = np.array(
        [hidden_rule.chance_of_visit(facts, temper) for facts, temper in zip(batch.all(), tempers, strict=True)]
    )
    return Later(
        batch,
        np.concatenate([[0], np.cumsum([len(each[0]) for each in wide])]),
        np.array([guest for each in wide for guest in each[1]]),
        truth,
        np.array([each[3] for each in wide]),
        np.array([each[4] for each in wide]),
    )
