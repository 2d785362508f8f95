"""Who may be asked for a request: a sample of the nearest, judged exactly as the service judges. Pure, in memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from matcher.availability.halfdays import Part
from matcher.availability.masks import FULL
from matcher.availability.states import Delivery, Kind, Party
from matcher.demo.bulk.agenda import Agenda
from matcher.demo.bulk.ground import Given, Past, Population
from matcher.matching.eligibility import Verdict, judge
from matcher.matching.memory import Place, remembered
from matcher.matching.stay_queries import PLACES
from matcher.matching.views import History, OfferView, RequestView
from matcher.regions.geo import EARTH_RADIUS_KM

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
DAY_SECONDS = 86_400
SLACK_KM = 0.001
"""The distances here only sort and sift; what is stored is measured by the judge."""
LANGUAGES = {"nl": 1, "en": 2, "fy": 4, "de": 8}
WAYS = {
    Delivery.ON_SITE: (Delivery.ON_SITE, Delivery.EITHER),
    Delivery.ONLINE: (Delivery.ONLINE, Delivery.EITHER),
    Delivery.EITHER: (Delivery.ON_SITE, Delivery.EITHER, Delivery.ONLINE),
    Delivery.AT_COMPANY: (Delivery.AT_COMPANY,),
}
NUMBER_OF_WAY = {way: number for number, way in enumerate(Delivery)}


@dataclass(frozen=True, eq=False)
class Judged:
    given: Given
    view: OfferView
    verdict: Verdict


@dataclass(eq=False)
class _Topic:
    """The offers of a kind around some topics, as columns."""

    at: Numbers
    exact: Truths


class Index:
    """All offers as columns, found by topic."""

    def __init__(self, population: Population, agenda: Agenda) -> None:
        self._population, self._agenda, self.offers = population, agenda, population.offers
        views = [given.view for given in self.offers]
        self._lat = np.radians(np.array([view.lat for view in views]))
        self._lon = np.radians(np.array([view.lon for view in views]))
        self._cos = np.cos(self._lat)
        self._travel = np.array([float(view.travel_km) for view in views])
        self._levels = np.array([view.level_mask for view in views], dtype=np.int64)
        self._speaks = np.array([sum(LANGUAGES[each] for each in view.languages) for view in views], dtype=np.int64)
        self._ways = np.array([NUMBER_OF_WAY[view.delivery] for view in views], dtype=np.int64)
        self._open = np.array(
            [[FULL & ~day for day in view.availability.never] for view in views], dtype=np.int64
        ).reshape(-1, 7)
        self._of_topic: dict[tuple[Kind, int], Numbers] = _by_topic(views)
        self._around: dict[tuple[Kind, frozenset[int], frozenset[int]], _Topic] = {}
        self._counts = {kind: sum(view.kind is kind for view in views) for kind in Kind}

    def eligible(self, request: RequestView, *, now: datetime, sample: int) -> list[Judged]:
        """The nearest with a topic asked for, so many; half as many with a near topic, and half as many online."""
        topic = self._topic(request)
        at = self._sifted(request, topic)
        km = self._km(request, at)
        exact = topic.exact[np.searchsorted(topic.at, at)]
        here, online = self._here(request, at, km), self._online(request, at)
        found: dict[int, Judged] = {}
        fewer = sample // 2
        for mask, most, is_online in (
            (here & exact, sample, False),
            (here & ~exact, fewer, False),
            (online, fewer, True),
        ):
            rows = at[mask][np.argsort(km[mask], kind="stable")]
            found |= {each.view.id: each for each in self._first(request, rows, now, most, is_online)}
        return [found[offer_id] for offer_id in sorted(found)]

    def _first(
        self, request: RequestView, rows: Numbers, now: datetime, sample: int, wants_online: bool
    ) -> Iterator[Judged]:
        left = sample
        for row in rows.tolist():
            if _is_full(self.offers[row], request):
                continue
            judged = self.judged(request, self.offers[row], now)
            if judged.verdict.ok and (judged.verdict.mode is Delivery.ONLINE) == wants_online:
                yield judged
                left -= 1
                if left == 0:
                    return

    def judged(self, request: RequestView, given: Given, now: datetime) -> Judged:
        view = as_of(given, request, self._population, now)
        if request.kind is Kind.TEACHER_INTERNSHIP:
            view = replace(view, taken_places=self._taken_places(view))
        return Judged(given, view, judge(request, view, now=now))

    def _taken_places(self, view: OfferView) -> tuple[Part, ...]:
        numbers = range(view.id * PLACES + 1, view.id * PLACES + 1 + view.places)
        return tuple(span for number in numbers for span in self._agenda.spans(Party.PLACE, number))

    def refused(self, request: RequestView, *, now: datetime, most: int) -> tuple[list[Judged], int]:
        """The nearest of the topic who cannot, whatever the reason; and how many offers have another topic."""
        topic = self._topic(request)
        rows = topic.at[np.argsort(self._km(request, topic.at), kind="stable")][:most]
        looked = [self.judged(request, self.offers[row], now) for row in rows.tolist()]
        elsewhere = self._counts[request.kind] - len(topic.at)
        return [each for each in looked if not each.verdict.ok], elsewhere

    def _topic(self, request: RequestView) -> _Topic:
        key = (request.kind, request.topics, frozenset(request.closeness))
        if key not in self._around:
            self._around[key] = _Topic(*self._lookup(request))
        return self._around[key]

    def _lookup(self, request: RequestView) -> tuple[Numbers, Truths]:
        at = self._having(request.kind, request.closeness)
        return at, np.isin(at, self._having(request.kind, request.topics))

    def _having(self, kind: Kind, topics: Iterable[int]) -> Numbers:
        parts = [self._of_topic[(kind, topic)] for topic in sorted(topics) if (kind, topic) in self._of_topic]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)

    def _sifted(self, request: RequestView, topic: _Topic) -> Numbers:
        """Without those whose level, language, way or week excludes them: the same bits as the search key has."""
        at = topic.at
        keep = (self._speaks[at] & LANGUAGES[request.language]) != 0
        if request.level_bit:
            keep &= (self._levels[at] & request.level_bit) != 0
        keep &= np.isin(self._ways[at], [NUMBER_OF_WAY[way] for way in WAYS[request.delivery]])
        at = at[keep]
        asked = {(moment.weekday, moment.mask) for moment in request.moments}
        can = np.zeros(len(at), dtype=np.bool_)
        for weekday, mask in sorted(asked):
            can |= (self._open[at, weekday] & mask) == mask
        found: Numbers = at[can]
        return found

    def _here(self, request: RequestView, at: Numbers, km: Floats) -> Truths:
        if request.delivery is Delivery.ONLINE:
            return np.zeros(len(at), dtype=np.bool_)
        limit = np.full(len(at), np.inf) if request.max_km is None else np.full(len(at), float(request.max_km))
        if request.delivery is not Delivery.AT_COMPANY:
            limit = np.minimum(limit, self._travel[at])
        within: Truths = (km <= limit + SLACK_KM) & (self._ways[at] != NUMBER_OF_WAY[Delivery.ONLINE])
        return within

    def _online(self, request: RequestView, at: Numbers) -> Truths:
        if request.delivery not in (Delivery.ONLINE, Delivery.EITHER):
            return np.zeros(len(at), dtype=np.bool_)
        return np.isin(self._ways[at], [NUMBER_OF_WAY[way] for way in WAYS[Delivery.ONLINE]])

    def _km(self, request: RequestView, at: Numbers) -> Floats:
        lat, lon = np.radians(request.lat), np.radians(request.lon)
        half = np.sin((self._lat[at] - lat) / 2) ** 2
        half += np.cos(lat) * self._cos[at] * np.sin((self._lon[at] - lon) / 2) ** 2
        km: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, half)))
        return km


def _is_full(given: Given, request: RequestView) -> bool:
    """The judge would refuse them for their own limits; saying so first saves building a view."""
    view, past = given.view, given.past
    if past.open_asks >= view.open_cap:
        return True
    return view.yearly_cap is not None and past.taken.get(request.school_year, 0) >= view.yearly_cap


def _by_topic(views: Sequence[OfferView]) -> dict[tuple[Kind, int], Numbers]:
    found: dict[tuple[Kind, int], list[int]] = {}
    for row, view in enumerate(views):
        for topic in view.topics:
            found.setdefault((view.kind, topic), []).append(row)
    return {key: np.array(rows, dtype=np.int64) for key, rows in found.items()}


def as_of(given: Given, request: RequestView, population: Population, now: datetime) -> OfferView:
    """The offer as known at this moment, with everything that happened to its guest before."""
    past, view = given.past, given.view
    since = now.timestamp() - DAY_SECONDS
    met = population.partnerships.get((request.organisation_id, view.organisation_id), 0)
    return replace(
        view,
        holds=tuple(held.judged for held in past.held if held.judged.until_s > since),
        already_asked=request.id in past.asked_for,
        history=history_of(past, request, met, Place(view.lat, view.lon), now),
    )


def history_of(past: Past, request: RequestView, partnership: int, home: Place, now: datetime) -> History:
    since = None if past.last_asked is None else (now - past.last_asked).total_seconds() / 86_400
    return History(
        visits_here=past.visits_at.get(request.organisation_id, 0),
        visits_total=past.visits_total,
        level_visits=past.visits_level.get(request.level, 0) if request.level is not None else 0,
        partnership=partnership,
        asks_due=past.asks_due,
        answered=past.answered,
        answered_in_time=past.in_time,
        yes=past.yes,
        days_since_ask=since,
        open_asks=past.open_asks,
        taken=past.taken.get(request.school_year, 0),
        **remembered(past.memory, request, home, now),
    )
