"""What is known of a generated world while it is being made: rows, people as actors, dice. Nothing is stored here."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from matcher.accounts.policy import Actor
from matcher.clock import AMSTERDAM, local_date
from matcher.demo.catalogue import Lesson, Names
from matcher.demo.sizes import Size
from matcher.organisations.models import Organisation
from matcher.requests.models import SchoolClass

SEED = 20_261_121
BEGAN_DAYS_AGO = 320
HISTORY_DAYS = 215


@dataclass
class Teacher:
    actor: Actor
    school: Organisation
    classes: list[SchoolClass] = field(default_factory=list)


@dataclass
class Guest:
    """Somebody who comes to tell: how often they say yes, and whether they answer at all."""

    actor: Actor
    organisation: Organisation
    lessons: tuple[Lesson, ...]
    yes: float = 0.75
    answers: float = 0.93


@dataclass
class World:
    size: Size
    now: datetime
    chance: random.Random
    names: Names
    password_hash: str
    regions: dict[str, int] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    schools: list[Organisation] = field(default_factory=list)
    companies: list[tuple[Organisation, tuple[str, ...]]] = field(default_factory=list)
    teachers: list[Teacher] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    coordinators: dict[int, Actor] = field(default_factory=dict)
    accounts: dict[str, Actor] = field(default_factory=dict)

    @property
    def began(self) -> datetime:
        """When everybody joined, before the first visit."""
        return self.now - timedelta(days=BEGAN_DAYS_AGO)

    @property
    def home_region(self) -> int:
        return self.regions["fryslan"]

    def guest_of(self, user_id: int | None) -> Guest | None:
        if not hasattr(self, "_by_user"):
            self._by_user = {guest.actor.user_id: guest for guest in self.guests}
        return self._by_user.get(user_id)

    def ago(self, hours: float) -> datetime:
        """A waking hour about so long ago, never later than now; with less than nothing the same ahead."""
        at = waking(self.now - timedelta(hours=hours))
        return at if hours < 0 else min(at, self.now - timedelta(minutes=30))

    def sometimes(self, share: float) -> bool:
        return self.chance.random() < share


def new_world(size: Size, *, now: datetime, password_hash: str, seed: int = SEED) -> World:
    chance = random.Random(seed)
    return World(size=size, now=now, chance=chance, names=Names(chance), password_hash=password_hash)


def at_clock(day: date, hour: int, minute: int = 0) -> datetime:
    """A wall time in the Netherlands as a moment in UTC."""
    return datetime.combine(day, time(hour, minute), AMSTERDAM).astimezone(UTC)


def waking(moment: datetime, *, working_days: bool = False) -> datetime:
    """The same moment, or the next morning when people sleep; for office work not in a weekend either."""
    local = moment.astimezone(AMSTERDAM)
    last = 18 if working_days else 22
    if local.hour >= last:
        local = datetime.combine(local.date() + timedelta(days=1), time(8, local.minute), AMSTERDAM)
    elif local.hour < 8:
        local = datetime.combine(local.date(), time(8, local.minute), AMSTERDAM)
    while working_days and local.weekday() >= 5:
        local = datetime.combine(local.date() + timedelta(days=1), time(8, local.minute), AMSTERDAM)
    return local.astimezone(UTC)


def workday(moment: datetime) -> date:
    """The day of a moment, or the Monday after a weekend."""
    day = local_date(moment)
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= 5 else day
