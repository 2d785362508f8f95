"""The log of suggestions as examples to learn from: what was known, shown and asked then, and what became of it.

A fixed number of statements, rows read in portions. What is dated after `as_of` does not exist.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.orm import Session

from matcher.matching.held_queries import known_at
from matcher.matching.models import Match, MatchEvent, VisitReport
from matcher.matching.outcomes import outcome_of
from matcher.matching.states import MatchState, Side
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.offers.models import Offer
from matcher.ranking.examples import Examples, Ids
from matcher.ranking.facts import WIDTH, fingerprint
from matcher.regions.models import Region
from matcher.regions.states import RegionLevel
from matcher.requests.models import Request
from matcher.subjects.levels import Level

PORTION = 20_000
NOWHERE = -1
LEVEL_NUMBERS = {level.value: number for number, level in enumerate(Level)}
PACKED = 4 * WIDTH


class _Row(NamedTuple):
    """What became of one suggestion, as numbers."""

    asked_at: float = np.nan
    left_at: float = np.nan
    yes: float = np.nan
    settled_at: float = np.nan
    held: float = np.nan
    ended_at: float = np.nan
    again_school: float = np.nan
    again_guest: float = np.nan


def examples(
    session: Session, *, since: datetime | None = None, until: datetime | None = None, as_of: datetime
) -> Examples:
    """A row for each suggestion stored between `since` (included) and `until` (not included), as known at `as_of`.

    Segments are the numbers of `landsdelen` and of the list of levels; NOWHERE where there is none.
    """
    window = _window(since, until, as_of)
    runs = _runs(session, window, as_of)
    ids, columns = _suggestions(session, window, as_of)
    run = np.searchsorted(runs["id"], columns["run"])
    became = _became(session, window, as_of)
    order = np.lexsort((columns["position"], columns["run"], runs["request"][run], runs["at"][run]))
    run = run[order]
    numbers = ids[order].tolist()
    outcomes = np.array([became.get(number, _NOTHING) for number in numbers], dtype=np.float64)
    outcomes = outcomes.reshape(len(numbers), len(_Row._fields))
    known: dict[str, Any] = {name: column[order] for name, column in columns.items()}
    known |= {name: runs[name][run] for name in ("at", "request", "landsdeel", "level", "never_served")}
    known |= {name: outcomes[:, number] for number, name in enumerate(_Row._fields)}
    known["facts"] = known["facts"].astype(np.float64)
    return Examples(invited=np.array([number in became for number in numbers], dtype=bool), **known)


def unreadable_count(
    session: Session, *, since: datetime | None = None, until: datetime | None = None, as_of: datetime
) -> int:
    """How many suggestions of that time were packed with other names or types: nothing can be learnt of them."""
    query = select(func.count(Suggestion.id)).join(SuggestionRun, SuggestionRun.id == Suggestion.run_id)
    window = _within(since, until, as_of)
    return session.scalar(query.where(*window, SuggestionRun.fingerprint != fingerprint())) or 0


def landsdelen(session: Session) -> dict[int, str]:
    """The numbers of the segments with their names."""
    query = select(Region.id, Region.name).where(Region.level == RegionLevel.LANDSDEEL).order_by(Region.id)
    return {row.id: row.name for row in session.execute(query)}


_NOTHING = _Row()


def _within(since: datetime | None, until: datetime | None, as_of: datetime) -> list[ColumnElement[bool]]:
    window = [SuggestionRun.as_of <= as_of]
    window += [SuggestionRun.as_of >= since] if since is not None else []
    return window + ([SuggestionRun.as_of < until] if until is not None else [])


def _window(since: datetime | None, until: datetime | None, as_of: datetime) -> list[ColumnElement[bool]]:
    return [*_within(since, until, as_of), SuggestionRun.fingerprint == fingerprint()]


def _streamed(session: Session, query: Any) -> Iterator[Any]:
    """In portions, so that a long log is never held as rows all at once."""
    return session.execute(query.execution_options(yield_per=PORTION)).partitions()


def _runs(session: Session, window: list[ColumnElement[bool]], as_of: datetime) -> dict[str, Any]:
    """Columns of the runs in order of their id."""
    query = (
        select(
            SuggestionRun.id, SuggestionRun.as_of, Request.id, Request.level, Request.region_id, Request.organisation_id
        )
        .join(Request, Request.id == SuggestionRun.request_id)
        .where(*window)
        .order_by(SuggestionRun.id)
    )
    above, served = _landsdeel_of(session), _first_visits(session, as_of)
    found = [
        (row[0], row[1].timestamp(), row[2], LEVEL_NUMBERS.get(row[3] or "", NOWHERE), above.get(row[4], NOWHERE),
         served.get(row[5], np.inf))
        for part in _streamed(session, query)
        for row in part
    ]  # fmt: skip
    table = np.array(found, dtype=np.float64).reshape(len(found), 6).T
    whole = {name: table[number].astype(np.int64) for number, name in ((0, "id"), (2, "request"), (3, "level"))}
    return {**whole, "at": table[1], "landsdeel": table[4].astype(np.int64), "never_served": table[5] > table[1]}


def _landsdeel_of(session: Session) -> dict[int, int]:
    """Region → the landsdeel it lies in, itself included."""
    nodes = {row.id: row for row in session.execute(select(Region.id, Region.parent_id, Region.level))}

    def up(number: int | None) -> int:
        node = nodes.get(number) if number is not None else None
        if node is None:
            return NOWHERE
        return node.id if node.level is RegionLevel.LANDSDEEL else up(node.parent_id)

    return {number: up(number) for number in nodes}


def _first_visits(session: Session, as_of: datetime) -> dict[int, float]:
    """School → when the first visit there counted as held."""
    query = (
        select(Request.organisation_id, func.min(MatchEvent.at))
        .join(Match, Match.request_id == Request.id)
        .join(MatchEvent, MatchEvent.match_id == Match.id)
        .where(MatchEvent.to_state == MatchState.HELD.value, known_at(as_of))
        .group_by(Request.organisation_id)
    )
    return {school_id: at.timestamp() for school_id, at in session.execute(query)}


def _suggestions(session: Session, window: list[ColumnElement[bool]], as_of: datetime) -> tuple[Ids, dict[str, Any]]:
    """Ids of the suggestions, and the columns of the examples that stand in their rows; facts as four-byte floats."""
    query = (
        select(
            Suggestion.id,
            Suggestion.run_id,
            Suggestion.offer_id,
            func.coalesce(Offer.person_id, -Suggestion.offer_id),
            Suggestion.position,
            func.coalesce(Suggestion.shown_at <= as_of, literal(False)),
            func.coalesce(Suggestion.opened_at <= as_of, literal(False)),
            Suggestion.propensity,
            Suggestion.score,
            Suggestion.facts,
        )
        .join(SuggestionRun, SuggestionRun.id == Suggestion.run_id)
        .join(Offer, Offer.id == Suggestion.offer_id)
        .where(*window)
    )
    numbers, facts = [np.empty((9, 0))], [np.empty((0, WIDTH), dtype="<f4")]
    for part in _streamed(session, query):
        whole = [row for row in part if len(row[9]) == PACKED]
        numbers.append(np.array([tuple(row)[:9] for row in whole], dtype=np.float64).reshape(len(whole), 9).T)
        facts.append(np.frombuffer(b"".join(row[9] for row in whole), dtype="<f4").reshape(len(whole), WIDTH))
    table = np.concatenate(numbers, axis=1)
    names = ("run", "offer", "guest", "position")
    columns: dict[str, Any] = {name: table[1 + number].astype(np.int64) for number, name in enumerate(names)}
    columns |= {"shown": table[5] > 0, "opened": table[6] > 0, "propensity": table[7], "score": table[8]}
    return table[0].astype(np.int64), {**columns, "facts": np.concatenate(facts)}


def _became(session: Session, window: list[ColumnElement[bool]], as_of: datetime) -> dict[int, _Row]:
    """Suggestion → what became of the invitation; whoever is not in it was not asked. Of two invitations the later."""
    again = _again(session, window, as_of)
    query = _asked(
        select(
            Match.suggestion_id,
            Match.id.label("match_id"),
            MatchEvent.action,
            MatchEvent.to_state,
            MatchEvent.role,
            MatchEvent.reason,
            MatchEvent.at,
        ).join(MatchEvent, and_(MatchEvent.match_id == Match.id, MatchEvent.at <= as_of)),
        window,
    ).order_by(Match.id, MatchEvent.seq)
    found = {}
    rows = (row for part in _streamed(session, query) for row in part)
    for match_id, chain in groupby(rows, key=lambda row: row.match_id):
        steps = list(chain)
        outcome = outcome_of(steps)
        if outcome is not None:
            known = vars(outcome).values()
            found[steps[0].suggestion_id] = _Row(*map(_number, [*known, *again.get(match_id, (None, None))]))
    return found


def _again(
    session: Session, window: list[ColumnElement[bool]], as_of: datetime
) -> dict[int, tuple[bool | None, bool | None]]:
    """Match → would the school, would the guest do it again."""
    query = _asked(
        select(Match.id, VisitReport.side, VisitReport.again).join(VisitReport, VisitReport.match_id == Match.id),
        window,
    ).where(VisitReport.at <= as_of, VisitReport.side.in_((Side.SCHOOL, Side.COMPANY)))
    found: dict[int, tuple[bool | None, bool | None]] = {}
    for part in _streamed(session, query):
        for match_id, side, answer in part:
            school, guest = found.get(match_id, (None, None))
            found[match_id] = (answer, guest) if side is Side.SCHOOL else (school, answer)
    return found


def _asked(query: Any, window: list[ColumnElement[bool]]) -> Any:
    """Matches that came of the suggestions of that time."""
    suggested = query.join(Suggestion, Suggestion.id == Match.suggestion_id)
    return suggested.join(SuggestionRun, SuggestionRun.id == Suggestion.run_id).where(*window)


def _number(known: bool | datetime | None) -> float:
    if known is None:
        return np.nan
    return known.timestamp() if isinstance(known, datetime) else float(known)
