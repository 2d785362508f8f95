"""Examples to learn from and to judge by: one row per stored suggestion, with what became of it. Plain arrays.

Who fills them: `matching/learning_queries`. What was never shown, and whoever was asked but never got to an answer, has
NaN as its outcome: not knowing is not a no.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from matcher.ranking.facts import WIDTH, Column, WrongShape

Ids = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Examples:
    """n rows in order of `at`, then request, then position; rows of one run stand together.

    Times are epoch seconds; NaN where there is none.
    """

    facts: Column  # (n, WIDTH) as of `at`
    run: Ids  # the suggestion run: rows of one run are one question
    request: Ids
    offer: Ids
    guest: Ids  # the person, or minus the offer where nobody is named
    at: Column
    position: Ids
    propensity: Column  # how probable it was that this one stood in the list; 1 where nothing was drawn
    score: Column  # as stored then
    shown: Truths
    opened: Truths
    invited: Truths
    asked_at: Column  # when they were invited
    left_at: Column  # when the invitation ended before they had answered, as when another had said yes
    yes: Column  # 1, 0, NaN
    settled_at: Column  # when the yes, the no or the silence was there
    held: Column  # 1, 0, NaN; only of a yes
    ended_at: Column  # when it was held, missed or called off
    again_school: Column  # would the school do it again: 1, 0, NaN
    again_guest: Column
    landsdeel: Ids  # segments of the request, as numbers; the names are the caller's
    level: Ids
    never_served: Truths  # nobody was ever held at this school as of `at`

    def __post_init__(self) -> None:
        if self.facts.ndim != 2 or self.facts.shape[1] != WIDTH:
            raise WrongShape(f"examples have {WIDTH} facts")
        if any(len(getattr(self, field.name)) != len(self.facts) for field in fields(self)):
            raise WrongShape("every column of the examples has a row per suggestion")

    def __len__(self) -> int:
        return int(self.facts.shape[0])

    def where(self, keep: Truths | Ids) -> "Examples":
        """The rows that are true (or of these numbers), in their order."""
        return replace(self, **{field.name: getattr(self, field.name)[keep] for field in fields(self)})

    def known_by(self, moment: float) -> "Examples":
        """As they were known at that moment (epoch seconds): nothing that came later, and no time of it."""
        there = self.where(self.at <= moment)
        settled, ended = there.settled_at <= moment, there.ended_at <= moment
        invited = there.invited & ~(there.asked_at > moment)
        return replace(
            there,
            invited=invited,
            asked_at=np.where(invited, there.asked_at, np.nan),
            left_at=np.where(there.left_at <= moment, there.left_at, np.nan),
            yes=np.where(settled, there.yes, np.nan),
            settled_at=np.where(settled, there.settled_at, np.nan),
            held=np.where(ended, there.held, np.nan),
            ended_at=np.where(ended, there.ended_at, np.nan),
        )
