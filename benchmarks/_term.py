"""A school term of a generated region, played day by day through the real services with a moved clock.

Not part of `make bench`: one arm takes minutes. Run it alone, `python -m benchmarks._term --size full --json`. People
of the world of `matcher demo --size region` answer by its hidden rule, late, early or never; teachers ask, look, tick
and look again; coordinators approve, forget and are stood in for. Everything else is what the worker does: `due_work`
of every room, with mails kept in memory. The same seed is played with three invitations open at a time and with one;
what somebody decides about somebody hangs on the two of them and not on the order, so that both arms meet the same
people.
"""

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import matcher
from benchmarks._output import arguments
from benchmarks._term_figures import broken_today, figures_of
from benchmarks._term_people import People
from matcher.accounts.queries import actor_for
from matcher.accounts.services import add_user, give_grant
from matcher.accounts.states import Role
from matcher.config import Settings
from matcher.coordination.serving_services import name_server
from matcher.db import Database
from matcher.demo.bulk import services as bulk
from matcher.demo.bulk.ground import Population
from matcher.demo.diary import Diary
from matcher.demo.sizes import BULK_SIZES, BulkSize
from matcher.demo.world import at_clock
from matcher.matching.fsck_queries import broken_promises
from matcher.migrate import upgrade
from matcher.regions.models import Region
from matcher.regions.policy import OPEN_INVITATIONS
from matcher.regions.services import seed_regions, set_region_rule
from matcher.safeguarding.services import seed_rules
from matcher.subjects.services import seed_topics

ROUNDS = (7, 13, 19)
"""Hours at which the worker comes by. Between them nothing is sent or closed, so that whoever is next on a list waits
some hours longer than behind a worker that comes every few seconds: for the arm with one open invitation, each time."""
SEED = 20_261_005


NEVER = ("over_a_cap", "more_open_than_allowed", "more_than_the_places", "fsck")
"""What must be nought in every arm."""


@dataclass(frozen=True)
class Plan:
    """`requests` are sent on school days between the first day and `asked_until`; then everything runs out."""

    world: BulkSize
    first: date
    asked_until: date
    last: date
    requests: int
    seed: int = SEED


TERMS = {
    "full": Plan(BULK_SIZES["region"], date(2026, 9, 28), date(2026, 10, 30), date(2026, 11, 27), requests=160),
    "small": Plan(
        BulkSize("small", professionals=160, requests=150, teachers=40, schools=12, regions=("fryslan",), sample=30),
        date(2026, 10, 5),
        date(2026, 10, 30),
        date(2026, 11, 27),
        requests=48,
    ),
}
"""The autumn holiday of the north is in both: 10 to 18 October."""


@dataclass(frozen=True)
class World:
    """A database to copy, and who lives in it."""

    file: Path
    population: Population


def make_world(plan: Plan, folder: Path) -> World:
    """Two school years of history in the three regions, up to the morning the term begins; once for both arms."""
    file, now = folder / "world.db", at_clock(plan.first, 6)
    upgrade(f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    try:
        with database.write() as session:
            seed_regions(session, now)
            seed_topics(session)
            seed_rules(session)
            population = bulk.generate_bulk(session, bulk.Plan(plan.world, now, "x", seed=plan.seed))
            _name_others(session, population, now)
    finally:
        database.dispose()
    return World(file, population)


def _name_others(session: Session, population: Population, now: datetime) -> None:
    """A stand-in in every region but the last, a coordinator for the whole of the north, an administrator."""
    administrator = add_user(session, email="beheer@demo.example", name="Bea Beheer", now=now)
    give_grant(session, user_id=administrator.id, role=Role.ADMINISTRATOR, confirmed=True, now=now)
    session.flush()
    actor = actor_for(session, administrator.id)
    regions = sorted(population.coordinators)
    north = session.get_one(Region, regions[0]).parent_id
    people = [(region, f"waarnemer{region}", True) for region in regions[: max(1, len(regions) - 1)]]
    for region_id, name, stand_in in (*people, (north or 0, "noord", False)):
        name_server(
            session,
            region_id=region_id,
            email=f"{name}@demo.example",
            name=name.capitalize(),
            stand_in=stand_in,
            starts_on=None,
            ends_on=None,
            actor=actor,
            now=now,
        )


class Term:
    """One arm: so many invitations of one request may be open at a time."""

    def __init__(self, plan: Plan, world: World, folder: Path, open_at_once: int) -> None:
        self.plan, self.open_at_once = plan, open_at_once
        file = folder / f"term-{open_at_once}.db"
        shutil.copyfile(world.file, file)
        settings = Settings(
            var=folder, database_url=f"sqlite:///{file}", secret_key="k" * 40, mail_url="memory:", testing=True
        )
        self.app = matcher.create_app(settings)
        self.database: Database = self.app.extensions["matcher_db"]
        # A model that learns halfway would compare two rankings as well; the written rule orders both arms.
        self.database.info = {key: value for key, value in self.database.info.items() if key != "ranking"}
        self.began = at_clock(plan.first, 6)
        self.counts: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.diary = Diary()
        self.people = People(self.database, self.diary, world.population, plan.seed, plan.world, self.counts)

    def play(self) -> dict[str, Any]:
        """Every day until the last, and what came of it."""
        began = time.process_time()
        with self.database.write() as session:
            country = session.scalar(select(Region.id).where(Region.parent_id.is_(None)))
            set_region_rule(
                session,
                region_id=country or 0,
                kind=None,
                key=OPEN_INVITATIONS,
                value=self.open_at_once,
                set_by_id=None,
                now=self.began - timedelta(days=1),
            )
            self.people.take_over(session, self.began)
        self._plan_requests()
        day = self.plan.first
        while day <= self.plan.last:
            for hour in ROUNDS:
                self.diary.plan(at_clock(day, hour, 5), self._round)
            self.diary.plan(at_clock(day, 22), self._check)
            day += timedelta(days=1)
        self.diary.live_until(at_clock(self.plan.last, 23))
        return self._figures(time.process_time() - began)

    def _plan_requests(self) -> None:
        """The same askers on the same days in both arms."""
        askers, days = self.people.population.askers, (self.plan.asked_until - self.plan.first).days
        for number in range(self.plan.requests):
            dice = Random(f"{self.plan.seed}/ask/{number}")
            asker = askers[dice.randrange(len(askers))]
            for _try in range(200):
                day = self.plan.first + timedelta(days=dice.randrange(days + 1))
                if day.weekday() < 5 and day not in asker.school.timetable.calendar.holidays:
                    at = at_clock(day, 8) + timedelta(minutes=dice.randrange(480))
                    self.diary.plan(at, self.people.asking(number, asker))
                    break

    def _round(self, now: datetime) -> None:
        """What the worker does: every room, the notices last."""
        for room in reversed(matcher.ROOMS):
            module = matcher.import_if_there(f"matcher.{room}.tasks")
            if module is not None:
                self.counts.update(module.due_work(self.database, self.app, now))
        mailer = self.app.extensions.get("matcher_mailer")
        if mailer is not None:
            mailer.messages.clear()
        self.people.see(now)

    def _check(self, now: datetime) -> None:
        """Each evening in plain SQL: nobody over a cap, no request with too many open invitations or places."""
        with self.database.read() as session:
            self.broken.update(broken_today(session, now, self.open_at_once, self.people.before))

    def _figures(self, seconds: float) -> dict[str, Any]:
        end = at_clock(self.plan.last, 23)
        with self.database.read() as session:
            found = figures_of(session, self.people.request_ids, self.began, end)
            broken = broken_promises(session)
        return {
            "open_at_once": self.open_at_once,
            **found,
            "answered_too_late": self.counts["answered too late"],
            "days_checked": (self.plan.last - self.plan.first).days + 1,
            "over_a_cap": self.broken["cap"],
            "more_open_than_allowed": self.broken["open"],
            "more_than_the_places": self.broken["places"],
            "fsck": len(broken),
            "mails": self.counts["mails_sent"],
            "mails_dead": self.counts["mails_dead"],
            "weekly_notes": self.counts["told where it stands"],
            "half_year_notes": self.counts["told why not asked"],
            "cpu_seconds": round(seconds),
        }


def play(plan: Plan, arms: tuple[int, ...] = (3, 1)) -> Iterator[dict[str, Any]]:
    """Each arm on its own copy of the same world."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(plan, Path(folder))
        for arm in arms:
            yield Term(plan, world, Path(folder), arm).play()


def main() -> int:
    found = arguments(__doc__ or "")
    plan = TERMS[found.size]
    told = {name: str(value) for name, value in asdict(plan).items() if name != "world"} | {"world": plan.world.name}
    print(json.dumps(told), flush=True)
    wrong = 0
    for arm in play(plan):
        print(json.dumps(arm, indent=None if found.json else 2), flush=True)
        wrong += sum(arm[name] for name in NEVER)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
