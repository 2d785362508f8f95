"""A request as sending it leaves it, and its suggestion run: rows and views, judged and ranked for real. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from matcher.availability.moments import Moment
from matcher.availability.states import Delivery, Kind, Party
from matcher.clock import local_date, school_year
from matcher.demo.bulk.agenda import Agenda
from matcher.demo.bulk.candidates import Index, Judged
from matcher.demo.bulk.ground import Asker, Given, Group, School
from matcher.demo.bulk.lives import Asked, Numbers, Row, Shown
from matcher.matching.changes import smallest_changes
from matcher.matching.eligibility import NeverCode
from matcher.matching.pairs import facts_batch, reason_detail
from matcher.matching.said import said_by_request
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.matching.suggestion_services import FEW
from matcher.matching.view_queries import Around
from matcher.matching.views import MomentView, RequestView
from matcher.ranking.baseline import Baseline
from matcher.ranking.facts import fingerprint
from matcher.ranking.reasons import reasons
from matcher.requests.asking import ClassPeriods, Wish, plan_for
from matcher.requests.internships import asked_of
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState
from matcher.safeguarding.policy import Rule, Visit, requirement
from matcher.subjects.levels import LEVEL_BITS

YEAR = timedelta(days=365)


@dataclass
class Desk:
    """What writing a request needs to know besides the request: numbers, topics with their names, rules, the index."""

    numbers: Numbers
    around: Around
    topic_codes: Mapping[int, str]
    topic_numbers: Mapping[str, int]
    topic_names: Mapping[int, str]
    rules: Sequence[Rule]
    index: Index
    agenda: Agenda
    sample: int
    kept: int
    looked_at: int

    def lecture(self, asker: Asker, group: Group, wish: Wish, now: datetime) -> Asked | None:
        """A guest lecture, sent; None when the school has no lesson in those weeks."""
        periods = [ClassPeriods(group.weekly, group.exam)]
        plan = plan_for(periods, wish.weeks, asker.school.timetable, block=wish.block, now_s=int(now.timestamp()))
        if not plan.moments:
            return None
        days = [moment.date for moment in plan.moments]
        row = request_row(self.numbers(Request), Kind.GUEST_LECTURE, asker, now) | {
            "teacher_id": asker.user_id,
            "class_id": group.id,
            "title": f"{wish.topic_text[:1].upper()}{wish.topic_text[1:]} · {group.name}",
            "level": group.level.value,
            "year": group.year,
            "group_size": wish.group_size,
            "language": wish.language,
            "delivery": wish.delivery,
            "window_from": min(days),
            "window_to": max(days),
            "own_words": wish.own_words,
            "costs": wish.costs,
            "details": wish.details,
        }
        moments = [self._moment(row["id"], moment) for moment in plan.moments]
        return self.written(row, asker, moments, wish.topic_ids)

    def _moment(self, request_id: int, moment: Moment) -> Row:
        return {
            "id": self.numbers(RequestMoment),
            "request_id": request_id,
            "day": moment.date,
            "starts": f"{moment.start:%H:%M}",
            "ends": f"{moment.end:%H:%M}",
            "start_s": moment.start_s,
            "end_s": moment.end_s,
            "periods": list(moment.periods),
            "parts": [],
        }

    def written(self, row: Row, asker: Asker, moments: list[Row], topic_ids: Sequence[int]) -> Asked:
        """The request with its moments, topics and first revision, and its view."""
        topics = sorted(set(topic_ids))
        codes = [self.topic_codes[topic] for topic in sorted(topics, key=lambda topic: self.topic_names[topic])]
        revision = {
            "request_id": row["id"],
            "revision": 1,
            "at": row["published_at"],
            "by_id": asker.user_id,
            "snapshot": _snapshot(row, codes, moments),
        }
        links = [{"request_id": row["id"], "topic_id": topic} for topic in topics]
        view = self._view(row, asker.school, moments, topics)
        return Asked(row, view, asker, moments, links, revision)

    def _view(self, row: Row, school: School, moments: list[Row], topics: Sequence[int]) -> RequestView:
        around = self.around.of(topics)
        now: datetime = row["published_at"]
        kind: Kind = row["kind"]
        visit = Visit(
            kind.value,
            row["level"],
            supervised=kind is Kind.GUEST_LECTURE,
            structural=kind is Kind.HYBRID_PLACEMENT,
            board_id=school.board_id,
        )
        ordered = sorted(moments, key=lambda each: (each["start_s"], each["end_s"]))
        views = tuple(MomentView.of(each["id"], each["start_s"], each["end_s"], each["parts"]) for each in ordered)
        return RequestView(
            id=row["id"],
            revision=1,
            kind=kind,
            organisation_id=school.id,
            board_id=school.board_id,
            lat=school.lat,
            lon=school.lon,
            level=row["level"],
            level_bit=next((bit for level, bit in LEVEL_BITS.items() if level.value == row["level"]), 0),
            language=row["language"],
            delivery=row["delivery"],
            group_size=row["group_size"],
            max_km=row["max_km"],
            topics=frozenset(topics),
            closeness={topic: max(each.get(topic, 0.0) for each in around) for each in around for topic in each},
            around=around,
            moments=views,
            school_year=school_year(views[0].day if views else row["window_from"] or local_date(now)),
            holiday_region=school.holiday_region,
            proof=requirement([r for r in self.rules if r.board_id in (None, school.board_id)], visit),
            school_visits=_visits(school, now),
            asked=asked_of(row["hours"], row["details"]) if kind is Kind.TEACHER_INTERNSHIP else None,
            weekly=max(1, round(row["days"] or 1)) if kind is Kind.HYBRID_PLACEMENT else 0,
            **said_by_request(kind, row["title"], row["costs"], row["hours"], row["details"]),
        )

    def _today(self, asked: Asked, now: datetime) -> RequestView:
        """With what the teacher of an internship has agreed elsewhere by now."""
        if asked.row["kind"] is not Kind.TEACHER_INTERNSHIP:
            return asked.view
        return replace(asked.view, busy=self.agenda.spans(Party.PERSON, asked.asker.user_id, int(now.timestamp())))

    def judged(self, asked: Asked, given: Given, now: datetime) -> Judged:
        """What holds now between this request and this offer."""
        return self.index.judged(self._today(asked, now), given, now)

    def suggest(self, asked: Asked, now: datetime) -> None:
        """The run and its suggestions, with facts, order and reasons of the service's own functions."""
        view = self._today(asked, now)
        found = self.index.eligible(view, now=now, sample=self.sample)
        never, changes = self._why_so_few(view, now) if len(found) < FEW else ({}, [])
        run_id = self.numbers(SuggestionRun)
        asked.run = {
            "id": run_id,
            "request_id": asked.row["id"],
            "request_revision": 1,
            "as_of": now,
            "model": Baseline.name,
            "fingerprint": fingerprint(),
            "eligible": len(found),
            "never": never,
            "smallest_change": changes,
            "generated": True,
        }
        asked.shown = self._ranked(view, found, run_id, now) if found else []

    def _ranked(self, request: RequestView, found: list[Judged], run_id: int, now: datetime) -> list[Shown]:
        views, verdicts = [each.view for each in found], [each.verdict for each in found]
        batch = facts_batch(request, views, verdicts, as_of=now)
        ranked = Baseline().rank(batch)
        order = np.lexsort((np.array([view.id for view in views]), -np.round(ranked.scores, 9)))
        shown = []
        for position, at in enumerate(order[: self.kept].tolist(), start=1):
            facts, view, verdict = batch.one(at), views[at], verdicts[at]
            why = reasons(facts, ranked.of_row(at), reason_detail(request, view, verdict))
            row = {
                "id": self.numbers(Suggestion),
                "run_id": run_id,
                "offer_id": view.id,
                "offer_revision": view.revision,
                "position": position,
                "score": round(float(ranked.scores[at]), 6),
                "propensity": 1.0,
                "distance_km": round(verdict.distance_km, 2),
                "facts": batch.values[at].astype("<f4").tobytes(),
                "reasons": why.on,
                "against": why.against,
                "moments": verdict.moment_dict(),
                "shown_at": None,
                "opened_at": None,
            }
            shown.append(Shown(row, found[at].given, facts))
        return shown

    def _why_so_few(self, request: RequestView, now: datetime) -> tuple[dict[str, int], list[dict[str, Any]]]:
        refused, elsewhere = self.index.refused(request, now=now, most=self.looked_at)
        counts = Counter(code.value for each in refused for code in each.verdict.never)
        if elsewhere > 0:
            counts[NeverCode.TOPIC.value] += elsewhere
        never = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        return never, smallest_changes(request, [(each.view, each.verdict) for each in refused], now=now)


def request_row(request_id: int, kind: Kind, asker: Asker, now: datetime) -> Row:
    """Every column, as an open request of this teacher has it before its own values are filled in."""
    return {
        "id": request_id,
        "kind": kind,
        "organisation_id": asker.school.id,
        "asked_by_id": asker.user_id,
        "teacher_id": None,
        "state": RequestState.OPEN,
        "class_id": None,
        "title": "",
        "level": None,
        "year": None,
        "group_size": None,
        "language": "nl",
        "delivery": Delivery.ON_SITE,
        "needed": 1,
        "together": True,
        "window_from": None,
        "window_to": None,
        "days": None,
        "hours": None,
        "half_day_mask": None,
        "max_km": None,
        "own_words": "",
        "costs": "",
        "details": {},
        "revision": 1,
        "region_id": asker.school.region_id,
        "generated": True,
        "held_back": False,
        "created_at": now,
        "changed_at": now,
        "published_at": now,
        "ended_at": None,
    }


def _snapshot(row: Row, codes: list[str], moments: list[Row]) -> dict[str, Any]:
    """What the verb of requests keeps of a request."""
    said = (
        "title", "class_id", "level", "year", "group_size", "language", "needed", "together", "teacher_id",
        "own_words", "costs", "max_km", "details",
    )  # fmt: skip
    return {name: row[name] for name in said} | {
        "kind": row["kind"].value,
        "delivery": row["delivery"].value,
        "topics": codes,
        "moments": [
            [each["day"].isoformat(), each["starts"], each["ends"], each["start_s"], each["end_s"], each["periods"]]
            for each in moments
        ],
    }


def _visits(school: School, now: datetime) -> int:
    """Held here in the year before."""
    while school.held and school.held[0] <= now - YEAR:
        school.held.popleft()
    return len(school.held)
