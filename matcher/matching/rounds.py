"""A round: many requests and whoever fits each of them, as the arrays that `ranking/assignment` solves, and back.

Pure. Who reads requests and offers: `round_queries`. A round proposes; coordinators decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.matching.views import Guest, MomentView, OfferView, RequestView, guest_of
from matcher.ranking.assignment import Assignment, Round

CAP_WHEN_NONE = 40  # visits a year of somebody who named no maximum; a round never asks more of anybody


@dataclass(frozen=True)
class Possible:
    """One offer that fits one request: the chance, and the asked moments that remain."""

    offer: OfferView
    chance: float
    moments: tuple[int, ...]


@dataclass(frozen=True)
class Asking:
    """One request of a round: how many people are still needed, which classes sit there, and who fits."""

    request: RequestView
    needed: int
    classes: tuple[int, ...]
    possible: tuple[Possible, ...]


@dataclass(frozen=True)
class Option:
    """What a row of the round's options stands for."""

    request_id: int
    offer_id: int
    moment_id: int


@dataclass(frozen=True, eq=False)
class Table:
    """The arrays and, row by row, what they stand for."""

    round: Round
    options: tuple[Option, ...]
    requests: tuple[int, ...]
    guests: tuple[Guest, ...]

    def taken(self, assignment: Assignment) -> list[Option]:
        return [self.options[row] for row in assignment.taken.tolist()]


def build_round(asked: Sequence[Asking], *, equity: float = 0.0) -> Table:
    """The arrays of these requests, in their order. `equity`: how much more a visit is worth at a school that had none
    in the past year, as a share of a visit."""
    guests = _guests(asked)
    place = {guest: number for number, guest in enumerate(guests)}
    rows, options = [], []
    for number, asking in enumerate(asked):
        for fit in asking.possible:
            guest = place[guest_of(fit.offer.person_id, fit.offer.id)]
            for moment in _moments(asking.request, fit):
                rows.append((number, guest, fit.chance, moment.start_s, moment.end_s))
                options.append(Option(asking.request.id, fit.offer.id, moment.id))
    columns = list(zip(*rows, strict=True)) or [()] * 5
    classes = [(number, each) for number, asking in enumerate(asked) for each in asking.classes]
    round_ = Round(
        request=np.array(columns[0], dtype=np.int64),
        guest=np.array(columns[1], dtype=np.int64),
        chance=np.array(columns[2], dtype=np.float64),
        start_s=np.array(columns[3], dtype=np.int64),
        end_s=np.array(columns[4], dtype=np.int64),
        needed=np.array([max(0, asking.needed) for asking in asked], dtype=np.int64),
        capacity=np.array(list(guests.values()), dtype=np.int64),
        alone=np.array([kind == "person" for kind, _id in guests], dtype=bool),
        weight=np.array([1.0 + (equity if not each.request.school_visits else 0.0) for each in asked]),
        class_request=np.array([pair[0] for pair in classes], dtype=np.int64),
        class_number=np.array([pair[1] for pair in classes], dtype=np.int64),
    )
    return Table(round_, tuple(options), tuple(asking.request.id for asking in asked), tuple(guests))


def _guests(asked: Sequence[Asking]) -> Mapping[Guest, int]:
    """Everybody who fits somewhere, with the visits they have room for; of several offers of one person the least."""
    found: dict[Guest, int] = {}
    for asking in asked:
        for fit in asking.possible:
            guest = guest_of(fit.offer.person_id, fit.offer.id)
            found[guest] = min(found.get(guest, CAP_WHEN_NONE), room_of(fit.offer))
    return found


def room_of(offer: OfferView) -> int:
    """How many invitations more this guest takes at once: the open ones and the year's maximum are counted off."""
    year = CAP_WHEN_NONE if offer.yearly_cap is None else offer.yearly_cap - offer.history.taken
    return max(0, min(year - offer.history.open_asks, offer.open_cap - offer.history.open_asks))


def _moments(request: RequestView, fit: Possible) -> list[MomentView]:
    open_ids = set(fit.moments)
    return [moment for moment in request.moments if moment.id in open_ids]
