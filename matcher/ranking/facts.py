"""PairFacts: the plain numbers about one request and one offer, alone or many at once, and how they are packed.

No names, gender, background or age are ever among them. Who builds them: `matching/pairs`.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from hashlib import sha256

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]

FAR_KM = 400.0
LONG_AGO_DAYS = 365.0


@dataclass(frozen=True)
class PairFacts:
    """All floats. Shares lie in 0–1, counts are of things that happened before `as_of`.

    Changing a name or the order changes the fingerprint, and stored facts and models refuse to mix.
    """

    kind: float  # 0 guest lecture, 1 teacher internship, 2 hybrid placement
    distance_km: float  # as the crow flies; 0 when online
    distance_share: float  # of the limit of who travels; 0 when online
    online: float
    topic_exact: float  # shares at least one topic
    topic_closeness: float  # 1 when every topic asked for is offered
    text_similarity: float  # of the two titles, 0 to 1, by runs of three letters
    level_experience: float  # earlier visits at this level
    moments_usual: float
    moments_unknown: float
    moments_share: float  # possible moments of those asked
    notice_margin_days: float  # from the first possible moment back to the notice asked for
    earlier_visits_here: float
    earlier_visits_total: float
    partnership: float  # earlier visits of anybody of this organisation here; a recorded partnership is three at least
    answers_share: float  # of the asks that were due, fading, with a prior
    answers_in_time: float  # of the answers, within three days, fading, with a prior
    yes_share: float  # of the answers that were yes or a no without a coded reason, fading, with a prior
    no_time_share: float  # of the answers, "no time", fading, with a prior
    asks: float  # how often asked before, fading: how much the shares are worth
    refused_far: float  # fading noes "too far" at this distance or nearer
    refused_topic: float  # fading noes "not my topic" for one of these topics
    refused_level: float  # fading noes "level" at this level
    refused_often: float  # fading noes "asked too often"
    load_share: float  # visits this school year against the own maximum
    open_asks: float
    days_since_ask: float  # at most 365, also when never asked
    company_size: float  # 0 unknown, 1 one person … 5 over 250
    delivery_match: float  # 1 when both want the same way, 0.5 when one of them adapts
    language_match: float  # 1 when it is the only language offered or the first, else 0.5
    group_fit: float  # 1 when the group fits, else the part that does
    named: float  # 0: somebody of the team, name follows
    school_visits: float  # visits of anybody at this school in the past year
    travel_cost: float  # euros for the way there and back that the school does not pay; 0 online
    days_ratio: float  # possible half-days against those wanted, at most 4; 1 for a lecture
    hours_fit: float  # hybrid: hours offered against hours asked, at most 1; 1 for the others
    qualification_fit: float  # hybrid: 1 when the paper asked for is held, 0.5 when not known; 1 for the others
    contract_fit: float  # hybrid: 1 when the school accepts the form; 1 for the others


MONOTONE: dict[str, int] = {
    "distance_km": -1,
    "distance_share": -1,
    "topic_exact": 1,
    "topic_closeness": 1,
    "text_similarity": 1,
    "level_experience": 1,
    "moments_usual": 1,
    "moments_unknown": 1,
    "moments_share": 1,
    "earlier_visits_here": 1,
    "earlier_visits_total": 1,
    "partnership": 1,
    "answers_share": 1,
    "answers_in_time": 1,
    "yes_share": 1,
    "no_time_share": -1,
    "refused_far": -1,
    "refused_topic": -1,
    "refused_level": -1,
    "refused_often": -1,
    "load_share": -1,
    "open_asks": -1,
    "days_since_ask": 1,
    "delivery_match": 1,
    "language_match": 1,
    "group_fit": 1,
    "travel_cost": -1,
    "days_ratio": 1,
    "hours_fit": 1,
    "qualification_fit": 1,
    "contract_fit": 1,
}
"""More is never worse (1) or never better (-1), whatever the data say. The others may bend."""

CATEGORICAL: tuple[str, ...] = ("kind", "company_size")

GROUPS: dict[str, tuple[str, ...]] = {
    "near": ("distance_km", "distance_share", "online", "travel_cost", "refused_far"),
    "topic": ("topic_exact", "topic_closeness", "text_similarity", "refused_topic"),
    "time": ("moments_usual", "moments_unknown", "moments_share", "notice_margin_days", "days_ratio"),
    "earlier": ("earlier_visits_here", "earlier_visits_total", "partnership", "school_visits"),
    "answers": ("answers_share", "answers_in_time", "yes_share", "no_time_share", "asks"),
    "level": ("level_experience", "refused_level"),
    "spare": ("load_share", "open_asks", "days_since_ask", "refused_often"),
    "fit": (
        "kind",
        "company_size",
        "delivery_match",
        "language_match",
        "group_fit",
        "named",
        "hours_fit",
        "qualification_fit",
        "contract_fit",
    ),
}
"""The parts a score is explained in, and the facts of each; every fact is in exactly one."""

NAMES: tuple[str, ...] = tuple(field.name for field in fields(PairFacts))
WIDTH = len(NAMES)
_POSITION = {name: position for position, name in enumerate(NAMES)}


def fingerprint() -> str:
    """SHA-256 over names and types in order."""
    shape = ";".join(f"{field.name}:{getattr(field.type, '__name__', field.type)}" for field in fields(PairFacts))
    return sha256(shape.encode()).hexdigest()


class WrongShape(ValueError):
    """Stored or handed-over facts that are not these facts."""


def pack(facts: PairFacts) -> bytes:
    """Four bytes a fact, little-endian, in order of NAMES."""
    packed = array("f", astuple(facts))
    if packed.itemsize != 4:
        raise WrongShape("a float of this machine is not four bytes long")
    return np.asarray(packed, dtype="<f4").tobytes()


def unpack(packed: bytes, made_with: str) -> PairFacts:
    """The facts again, as four-byte floats hold them. Raises WrongShape when they were packed with other names."""
    if made_with != fingerprint() or len(packed) != 4 * WIDTH:
        raise WrongShape("these facts were packed with other names or types")
    return PairFacts(*(float(value) for value in np.frombuffer(packed, dtype="<f4")))


@dataclass(frozen=True, eq=False)
class FactsBatch:
    """Many PairFacts as one array: a row per candidate, a column per fact."""

    values: Column

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != WIDTH:
            raise WrongShape(f"a batch has {WIDTH} columns")

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @classmethod
    def of(cls, many: Iterable[PairFacts]) -> "FactsBatch":
        rows = [astuple(facts) for facts in many]
        return cls(np.array(rows, dtype=np.float64).reshape(len(rows), WIDTH))

    @classmethod
    def from_columns(cls, columns: Mapping[str, Column | float], rows: int) -> "FactsBatch":
        """Columns by name, each an array of `rows` or one number for all; exactly the facts, no more and no less."""
        if set(columns) != set(NAMES):
            raise WrongShape(f"wrong columns: {sorted(set(columns) ^ set(NAMES))}")
        values = np.empty((rows, WIDTH), dtype=np.float64)
        for name, column in columns.items():
            values[:, _POSITION[name]] = column
        return cls(values)

    def column(self, name: str) -> Column:
        return self.values[:, _POSITION[name]]

    def one(self, row: int) -> PairFacts:
        return PairFacts(*(float(value) for value in self.values[row]))

    def all(self) -> list[PairFacts]:
        return [PairFacts(*row) for row in self.values.tolist()]
