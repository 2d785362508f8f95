"""Open requests by typed words. There are few beside the offers, so their texts are compared in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from matcher.organisations.models import Organisation
from matcher.regions.geo import distance_km
from matcher.requests.models import Request, RequestTopic
from matcher.subjects.finding import Search, Sought, weighed
from matcher.subjects.finding_queries import understood
from matcher.subjects.levels import LEVEL_BITS, Level
from matcher.subjects.lexicon import MARK, Lexicon

MOST_READ = 5_000
AROUND_KM = 20


def answering(
    session: Session, candidates: Select[Any], text: str, locale: str, *, names: bool, most: int
) -> tuple[list[int], Search]:
    """Of the candidates, in their order, those that answer the most of the typed words; and what was understood."""
    columns = (Request.id, Request.title, Request.own_words, Request.kind, Request.level)
    place = (Organisation.name, Organisation.place, Organisation.region_id, Organisation.lat, Organisation.lon)
    rows = session.execute(candidates.with_only_columns(*columns, *place).limit(MOST_READ)).all()
    topics: dict[int, set[int]] = defaultdict(set)
    inside = candidates.with_only_columns(Request.id).order_by(None)
    for request_id, topic_id in session.execute(
        select(RequestTopic.request_id, RequestTopic.topic_id).where(RequestTopic.request_id.in_(inside))
    ):
        topics[request_id].add(topic_id)
    texts = {row.id: _words(row, names) for row in rows}
    counted = Counter(word for words in texts.values() for word in words)

    def holders(words: Collection[str]) -> Mapping[str, int]:
        return {word: counted[word] for word in words if word in counted}

    search = understood(session, text, locale, lexicon=Lexicon(counted), holders=holders, names=names)
    answered = {
        row.id: sum(_answers(word, row, texts[row.id], topics[row.id]) for word in search.words) for row in rows
    }
    best = max(answered.values(), default=0)
    return [number for number, count in answered.items() if count == best][:most] if best else [], search


def _words(row: Any, names: bool) -> dict[str, int]:
    """Own words and names only for who may read them."""
    found = weighed({"title": row.title, "text": row.own_words if names else "", "place": row.place or ""})
    return found | {MARK + word: weight for word, weight in weighed({"name": row.name}).items()}


def _answers(word: Sought, row: Any, words: Mapping[str, int], topics: Collection[int]) -> bool:
    level = LEVEL_BITS[Level(row.level)] if row.level in set(Level) else 0
    return bool(
        words.keys() & word.words.keys()
        or word.topics.keys() & topics
        or word.kind == row.kind
        or level & word.level_mask
        or row.region_id in word.regions
        or (word.around and distance_km(*word.around, row.lat, row.lon) <= AROUND_KM)
    )
