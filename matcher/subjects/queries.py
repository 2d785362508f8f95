"""Topics as pages and matching need them: names, lists, search while typing, recognition, neighbours."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from matcher.db import BIGGEST_ID
from matcher.subjects import nearness, thesaurus
from matcher.subjects.levels import Level
from matcher.subjects.models import Occupation, Topic, TopicTerm, TopicType
from matcher.subjects.similar import SimilarTerms, similar_to
from matcher.subjects.thesaurus import Entry
from matcher.subjects.typed import find_topics, terms
from matcher.subjects.vocabulary import Vocabulary, build_vocabulary
from matcher.subjects.words import fold

Version = tuple[Any, ...]
# Building takes a tenth of a second, so each process keeps the newest one per database.
_built: WeakKeyDictionary[Engine, tuple[Version, Vocabulary]] = WeakKeyDictionary()
# The terms to compare with take a second when jobs were brought in: made when first needed, by one thread.
_compared: WeakKeyDictionary[Engine, tuple[Version, SimilarTerms]] = WeakKeyDictionary()
_comparing = Lock()


@dataclass(frozen=True)
class TopicChoice:
    """One checkbox. `matched` says which typed words led to it, `implied` that it follows from another topic."""

    id: int
    code: str
    type: TopicType
    name: str
    matched: str = ""
    implied: bool = False
    chosen: bool = False


def vocabulary(session: Session) -> Vocabulary:
    """What texts are recognised with, topics added by hand included; rebuilt when topics have changed."""
    return _versioned(session)[1]


def _versioned(session: Session) -> tuple[Version, Vocabulary]:
    engine = session.get_bind().engine
    version = _version(session)
    kept = _built.get(engine)
    if kept is None or kept[0] != version:
        kept = (version, _build(session))
        _built[engine] = kept
    return kept


def similar_terms(session: Session) -> SimilarTerms:
    """What typed words are compared with; rebuilt when topics have changed or jobs were brought in."""
    engine = session.get_bind().engine
    topics, known = _versioned(session)
    jobs = session.execute(select(func.count(Occupation.uri), func.max(Occupation.imported_at))).one()
    version = (*topics, *jobs)
    with _comparing:
        kept = _compared.get(engine)
        if kept is None or kept[0] != version:
            rows = session.execute(select(Occupation.isco, Occupation.folded)).all()
            labels = sorted((isco, name) for isco, names in rows for name in names)
            kept = (version, similar_to(tuple(terms(known, labels))))
            _compared[engine] = kept
    return kept[1]


def _version(session: Session) -> Version:
    """Cheap enough for every look: changes with the number of topics, of terms, and with a renamed topic."""
    terms = select(func.count(TopicTerm.topic_id)).scalar_subquery()
    names = func.sum(func.length(Topic.nl) + func.length(Topic.en))
    row = session.execute(select(func.count(Topic.id), func.max(Topic.id), names, terms)).one()
    return tuple(int(number or 0) for number in row)


def _build(session: Session) -> Vocabulary:
    terms: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for term in session.scalars(select(TopicTerm).order_by(TopicTerm.folded)):
        terms[term.topic_id][term.lang].append(term.folded)
    topics = list(session.scalars(select(Topic).order_by(Topic.id)))
    codes = {topic.id: topic.code for topic in topics}
    entries = [_entry(topic, codes, terms[topic.id]) for topic in topics]
    return build_vocabulary(entries, thesaurus.traps(), {topic.code: topic.id for topic in topics})


def _entry(topic: Topic, codes: dict[int, str], terms: dict[str, list[str]]) -> Entry:
    """A seeded topic keeps its terms as written, with their marks; one made by hand has its folded terms."""
    written: dict[str, Any] = topic.details or {}
    return Entry(
        type=topic.type.value,
        code=topic.code,
        nl=topic.nl,
        en=topic.en,
        levels=tuple(Level(code) for code in topic.levels),
        terms_nl=tuple(written.get("nl", terms.get("nl", ()))),
        terms_en=tuple(written.get("en", terms.get("en", ()))),
        exact=tuple(written.get("exact", ())),
        hints=tuple(written.get("hints", ())),
        near=tuple(topic.near),
        parent=codes.get(topic.parent_id) if topic.parent_id else None,
    )


def topics_by_type(session: Session, locale: str) -> dict[TopicType, list[TopicChoice]]:
    """Every topic, per type, in the order of the reader's alphabet."""
    found: dict[TopicType, list[TopicChoice]] = {type_: [] for type_ in TopicType}
    # Columns, not objects: the list stands on every form and holds hundreds of rows.
    name = Topic.nl if locale == "nl" else Topic.en
    for row in session.execute(select(Topic.id, Topic.code, Topic.type, name)):
        found[row.type].append(TopicChoice(*row))
    for choices in found.values():
        choices.sort(key=lambda choice: (fold(choice.name), choice.id))
    return found


def topics_with_ids(session: Session, ids: Collection[int], locale: str) -> list[TopicChoice]:
    """These topics in the order asked; unknown ids are left out."""
    possible = {number for number in ids if 0 < number <= BIGGEST_ID}
    query = select(Topic).where(Topic.id.in_(possible))
    found = {topic.id: topic for topic in session.scalars(query)} if possible else {}
    return [_choice(found[number], locale) for number in dict.fromkeys(ids) if number in found]


def topic_names(session: Session, ids: Collection[int], locale: str) -> dict[int, str]:
    return {choice.id: choice.name for choice in topics_with_ids(session, ids, locale)}


def topics_matching(session: Session, text: str, locale: str, limit: int = 8) -> list[TopicChoice]:
    """Topics with a name or synonym of which a word starts with what is typed; names first, then short terms."""
    typed = fold(text.strip())
    if len(typed) < 2:
        return []
    query = (
        select(Topic, func.min(func.length(TopicTerm.folded)))
        .join(TopicTerm, TopicTerm.topic_id == Topic.id)
        .where(
            or_(
                TopicTerm.folded.startswith(typed, autoescape=True),
                TopicTerm.folded.contains(" " + typed, autoescape=True),
            )
        )
        .group_by(Topic.id)
    )
    found = [(topic, int(shortest)) for topic, shortest in session.execute(query)]

    def rank(item: tuple[Topic, int]) -> tuple[bool, int, int]:
        topic, shortest = item
        name = fold(topic.nl if locale == "nl" else topic.en)
        return (not name.startswith(typed), shortest - len(typed), topic.id)

    return [_choice(topic, locale) for topic, _ in sorted(found, key=rank)[:limit]]


def suggested_topics(
    session: Session, text: str, locale: str, limit: int = 6, levels: Iterable[Level] = (), *, guesses: bool = True
) -> list[TopicChoice]:
    """What a typed text is about, surest first, ready to be ticked. A search leaves mere `guesses` out."""
    if not text.strip():
        return []
    known = vocabulary(session)
    return [
        TopicChoice(
            known.ids[found.code],
            found.code,
            TopicType(known.entries[found.code].type),
            known.name(found.code, locale),
            matched=found.matched,
            implied=found.implied,
        )
        for found in find_topics(text, known, similar_terms(session), limit, levels, guesses=guesses)
    ]


def related(session: Session, topic_ids: Iterable[int], at_least: float = nearness.FITS) -> dict[int, float]:
    """These topics (1.0) and those close enough to count as a common topic, with their closeness."""
    known = vocabulary(session)
    codes = {number: code for code, number in known.ids.items()}
    asked = list(topic_ids)
    found = nearness.expand([codes[number] for number in asked if number in codes], known, at_least)
    return dict.fromkeys(asked, nearness.SAME) | {known.ids[code]: closeness for code, closeness in found.items()}


def _choice(topic: Topic, locale: str) -> TopicChoice:
    return TopicChoice(topic.id, topic.code, topic.type, topic.nl if locale == "nl" else topic.en)
