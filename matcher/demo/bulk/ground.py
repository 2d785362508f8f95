"""The people and places of a large generated world as they are while it is made, and what was counted of them. Pure."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from matcher.availability.holds import Hold
from matcher.availability.moments import Timetable, WeeklyPeriod
from matcher.demo.bulk.demand import Demand
from matcher.demo.catalogue import Lesson
from matcher.demo.hidden_rule import Temper
from matcher.matching.budget_models import BudgetOf
from matcher.matching.memory import Memory
from matcher.matching.views import OfferView
from matcher.organisations.states import SchoolSector
from matcher.regions.states import HolidayRegion
from matcher.subjects.levels import Level


@dataclass(slots=True)
class School:
    """`held` are the moments at which visits at this school were counted as held, oldest first."""

    id: int
    board_id: int
    sector: SchoolSector
    levels: tuple[Level, ...]
    lat: float
    lon: float
    region_id: int
    holiday_region: HolidayRegion
    timetable: Timetable
    demand: Demand
    held: deque[datetime] = field(default_factory=deque)


@dataclass(slots=True)
class Group:
    """A class."""

    id: int
    name: str
    level: Level
    year: int
    size: int
    weekly: tuple[WeeklyPeriod, ...]
    exam: bool
    lessons: list[Lesson]
    weights: list[float]

    @property
    def has_block(self) -> bool:
        return any(period.count > 1 for period in self.weekly)


@dataclass(slots=True)
class Asker:
    """A teacher with classes; `leads` the school: then also the one who looks for a hybrid teacher."""

    user_id: int
    school: School
    groups: list[Group]
    leads: bool = False


@dataclass(slots=True, eq=False)
class Held:
    """A live booking of a person: the row's values, and which place judging and booking take it to be at."""

    row: dict[str, object]
    judged: Hold
    booked: Hold


@dataclass(slots=True, eq=False)
class Past:
    """What happened with one guest (or one offer that names nobody) so far, in the numbers the facts are made of."""

    person_id: int | None
    temper: Temper
    visits_total: int = 0
    visits_at: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    visits_level: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    asks_due: int = 0
    answered: int = 0
    in_time: int = 0
    yes: int = 0
    memory: Memory = field(default_factory=Memory)
    last_asked: datetime | None = None
    open_asks: int = 0
    taken: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    asked_for: set[int] = field(default_factory=set)
    held: list[Held] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Given:
    """An offer: its view without a past, the past of who gives it, and who answers for it."""

    view: OfferView
    past: Past
    answers_id: int


@dataclass
class Population:
    schools: list[School]
    askers: list[Asker]
    offers: list[Given]
    coordinators: dict[int, int]
    """Region → the person who decides there."""
    topics: dict[str, int]
    partnerships: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    """(School, organisation) → visits held."""
    counters: dict[tuple[BudgetOf, int, int], list[Any]] = field(default_factory=dict)
    """(Whose budget, owner, school year) → taken, and the maximum when the last one was taken."""
