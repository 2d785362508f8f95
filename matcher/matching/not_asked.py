"""Why somebody who offers something was not asked, in counts of requests, and the one change that would help. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from matcher.matching.changes import KM_MORE
from matcher.matching.eligibility import NeverCode, Verdict
from matcher.matching.views import OfferView, RequestView

NOT_READY, TOPIC, LEVEL, FAR, TIMES, FULL, PROOF, OTHERS = (
    "not_ready", "topic", "level", "far", "times", "full", "proof", "others",
)  # fmt: skip
_BY_CODE: tuple[tuple[str, frozenset[NeverCode]], ...] = (
    (TOPIC, frozenset({NeverCode.TOPIC})),
    (LEVEL, frozenset({NeverCode.LEVEL, NeverCode.LANGUAGE, NeverCode.DELIVERY})),
    (FAR, frozenset({NeverCode.DISTANCE})),
    (TIMES, frozenset({NeverCode.MOMENTS, NeverCode.DAYS, NeverCode.NOTICE})),
    (PROOF, frozenset({NeverCode.SAFEGUARDING})),
    (FULL, frozenset({NeverCode.CAP, NeverCode.OPEN_ASKS, NeverCode.HOURS_BUDGET})),
    (NOT_READY, frozenset({NeverCode.NOT_VERIFIED, NeverCode.NOT_CONFIRMED, NeverCode.VIA_CONTACT})),
)
_FIRST_HELP = (NOT_READY, OTHERS, FAR, TOPIC, TIMES, LEVEL, PROOF, FULL)
"""Of equal counts the one that costs least is said."""
_UNSPOKEN = frozenset({NeverCode.BLOCKED, NeverCode.KIND})
Pair = tuple[OfferView, Verdict]


@dataclass(frozen=True)
class WhyNotAsked:
    """`reasons`: cause → requests; `change`: what would help as {code, params, count}, none when nothing was asked."""

    requests: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    change: dict[str, Any] | None = None


@dataclass
class Tally:
    """Collects what stood between one person's offers and each request of a period."""

    causes: Counter[str] = field(default_factory=Counter)
    kms: list[float] = field(default_factory=list)
    travel_km: int = 0
    topics: Counter[int] = field(default_factory=Counter)

    def add(self, request: RequestView, pairs: Sequence[Pair]) -> None:
        """The offer that came closest counts. What is both far and about something else was not asked near anybody."""
        spoken = [(offer, verdict) for offer, verdict in pairs if not _UNSPOKEN & set(verdict.never)]
        if not spoken:
            return
        offer, verdict = min(spoken, key=lambda pair: len(pair[1].never))
        if {NeverCode.TOPIC, NeverCode.DISTANCE} <= set(verdict.never):
            return
        cause = next((name for name, codes in _BY_CODE if codes & set(verdict.never)), OTHERS)
        self.causes[cause] += 1
        if cause == TOPIC:
            self.topics.update(request.topics)
        if cause == FAR:
            self.kms.append(verdict.distance_km)
            self.travel_km = max(self.travel_km, offer.travel_km)

    def why(self) -> WhyNotAsked:
        ordered = dict(sorted(self.causes.items(), key=lambda item: (-item[1], _FIRST_HELP.index(item[0]))))
        return WhyNotAsked(self.causes.total(), ordered, self._change(ordered))

    def _change(self, ordered: Iterable[str]) -> dict[str, Any] | None:
        """Of what stands in the way most; being confirmed comes before everything else."""
        order = sorted(ordered, key=lambda cause: cause != NOT_READY)
        found = (self._help(cause) for cause in order)
        return next((change for change in found if change is not None), None)

    def _help(self, cause: str) -> dict[str, Any] | None:
        count = self.causes[cause]
        if cause == FAR:
            return _wider(self.travel_km, self.kms)
        if cause == TOPIC:
            topic_id, count = max(self.topics.items(), key=lambda item: (item[1], -item[0]))
            return {"code": cause, "params": {"topic": topic_id}, "count": count}
        return {"code": cause, "params": {}, "count": count}


def _wider(travel_km: int, kms: Sequence[float]) -> dict[str, Any] | None:
    """The smallest step that brings at least half of what the widest would."""
    steps = [(travel_km + more, sum(km <= travel_km + more for km in kms)) for more in KM_MORE]
    most = max(count for _to, count in steps)
    if not most:
        return None
    to, count = next((to, count) for to, count in steps if 2 * count >= most)
    return {"code": FAR, "params": {"from": travel_km, "to": to}, "count": count}
