"""A model's card as a page shows it: its figures beside every baseline, its groups, curves and weights. Pure.

Cards are plain JSON, also of earlier versions of Matcher: what is not there is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from matcher.i18n import _, format_number
from matcher.matching.part_wording import (
    MEASURES,
    category_words,
    fact_words,
    measure_words,
    part_of,
    part_words,
    ranker_words,
    segment_words,
)
from matcher.ranking.judging import MARGIN, SEGMENT_FEWEST, SURE

LEAST_GROUP = 20
"""Of fewer requests a difference says nothing."""
FIRST = ("model", "rule")


@dataclass(frozen=True)
class CurveView:
    """How the chance runs with one fact: along a number, or at each of its kinds."""

    label: str
    points: list[Sequence[float]]
    bars: list[tuple[str, float]]


@dataclass(frozen=True)
class CardView:
    """Ready for a page; lists are empty where the card says nothing."""

    window_from: datetime | None
    window_to: datetime | None
    requests: int
    settled: int
    judged: int
    stage: str
    columns: list[str]
    figures: list[list[str]]
    groups: list[list[str]]
    reliability: list[tuple[float, float, int]]
    parts: list[tuple[str, float]]
    curves: dict[str, list[CurveView]] = field(default_factory=dict)
    against: list[str] = field(default_factory=list)


def card_view(card: Mapping[str, Any], landsdelen: dict[int, str]) -> CardView:
    metrics = _mapping(card.get("metrics"))
    rankers = dict(sorted(_mapping(metrics.get("rankers")).items(), key=lambda item: item[0] not in FIRST))
    drawn = _mapping(metrics.get("portrait"))
    curves = _mapping(metrics.get("curves"))
    measures = [measure for measure in MEASURES if any(measure in _mapping(each) for each in rankers.values())]
    return CardView(
        window_from=_moment(card.get("window_from")),
        window_to=_moment(card.get("window_to")),
        requests=int(card.get("requests") or 0),
        settled=int(card.get("settled") or 0),
        judged=int(metrics.get("requests") or 0),
        stage=str(card.get("stage") or ""),
        columns=[_("Figure"), *(ranker_words(name) for name in rankers)],
        figures=[
            [measure_words(measure), *(_with_interval(_mapping(each).get(measure)) for each in rankers.values())]
            for measure in measures
        ],
        groups=_groups(_mapping(metrics.get("segments")), landsdelen),
        reliability=[
            (float(said), float(true), int(count))
            for said, true, count in (_padded(point, 3) for point in curves.get("model") or ())
            if said is not None and true is not None
        ],
        parts=[(str(part_words(part)[0]), share) for part, share in part_shares(card)],
        curves=_curves(_mapping(drawn.get("curves"))),
        against=_against(metrics, landsdelen),
    )


def part_shares(card: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Part → how much of the order it makes, in percent, the heaviest first."""
    shares = _mapping(_mapping(_mapping(card.get("metrics")).get("portrait")).get("parts"))
    return sorted(((part, float(share)) for part, share in shares.items()), key=lambda item: -item[1])


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _padded(figure: Any, length: int) -> list[Any]:
    return [*(figure or ()), *(None,) * length][:length]


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if seconds else None


def _with_interval(figure: Any) -> str:
    """The mean and between what it lies with 95 % certainty."""
    known = [each for each in figure or () if each is not None]
    if not known:
        return "–"
    mean, *ends = (format_number(round(float(each), 3), 3) for each in known[:3])
    if len(ends) < 2:
        return mean
    return _("%(mean)s (%(low)s\u00a0to\u00a0%(high)s)", mean=mean, low=ends[0], high=ends[1])


def _against(metrics: Mapping[str, Any], landsdelen: dict[int, str]) -> list[str]:
    """Why a version was not let run: the same comparisons as the release, in the reader's language."""
    found = []
    for name, figure in _mapping(metrics.get("ratios")).items():
        ratio, low, _high = _padded(figure, 3)
        if ratio is not None and not ratio > 1:
            found.append(_("It orders no better than: %(name)s.", name=ranker_words(name)))
        elif name == "rule" and low is not None and low < 1 - SURE:
            found.append(_("It may order worse than the written rule; there is too little to be sure."))
    for segment, values in _mapping(metrics.get("segments")).items():
        for value, told in _mapping(values).items():
            count, apart, _low, high = _padded(told, 4)
            if (count or 0) >= SEGMENT_FEWEST and apart is not None and apart < -MARGIN and (high or 0) < 0:
                group = segment_words(segment, str(value), landsdelen)
                found.append(_("This group of requests would be worse off: %(group)s.", group=group))
    if metrics.get("against") and not found:
        found.append(_("There were too few later requests to judge it by."))
    return found


def _groups(segments: Mapping[str, Any], landsdelen: dict[int, str]) -> list[list[str]]:
    """Each group of requests with how much better or worse off it is than under the written rule."""
    rows = []
    for segment, values in segments.items():
        for value, found in _mapping(values).items():
            count, *figure = _padded(found, 4)
            if (count or 0) >= LEAST_GROUP:
                name = segment_words(segment, str(value), landsdelen)
                rows.append([name, format_number(count), _with_interval(figure)])
    return rows


def _curves(curves: Mapping[str, Any]) -> dict[str, list[CurveView]]:
    found: dict[str, list[CurveView]] = {}
    for fact, points in curves.items():
        named = [(category_words(fact, value), mean) for value, mean in points]
        bars = [(name, round(100 * mean, 1)) for name, mean in named if name is not None]
        view = CurveView(fact_words(fact), [] if bars else list(points), bars)
        found.setdefault(str(part_words(part_of(fact))[0]), []).append(view)
    return found
