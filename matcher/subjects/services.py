"""Puts the shipped thesaurus into the database. Flushes, never commits."""

from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from matcher.subjects import thesaurus
from matcher.subjects.models import Topic, TopicTerm, TopicType
from matcher.subjects.thesaurus import Entry
from matcher.subjects.words import folded_words


class Seeded(NamedTuple):
    new: int
    changed: int
    unchanged: int


def seed_topics(session: Session) -> Seeded:
    """Insert or update by code, so that ids stay; safe to repeat. Topics that were made by hand are left alone."""
    known = {topic.code: topic for topic in session.scalars(select(Topic))}
    entries = thesaurus.entries()
    fresh = [entry for entry in entries if entry.code not in known]
    for entry in fresh:
        known[entry.code] = Topic(code=entry.code, **_columns(entry))
        session.add(known[entry.code])
    session.flush()
    new = {entry.code for entry in fresh}
    changed = {entry.code for entry in entries if _bring_up_to_date(known[entry.code], entry, known)} - new
    session.flush()
    changed |= _write_terms(session, entries, known) - new
    return Seeded(len(new), len(changed), len(entries) - len(new) - len(changed))


def folded_terms(entry: Entry) -> set[tuple[str, str]]:
    """(language, folded) of the names, terms and abbreviations, without the marks of the files."""
    written = {"nl": (entry.nl, *entry.terms_nl, *entry.exact), "en": (entry.en, *entry.terms_en, *entry.exact)}
    found = {
        (lang, folded_words(term.strip("-!")))
        for lang, terms in written.items()
        for term in terms
        if not (term.startswith("-") or term.endswith("-"))
    }
    return {(lang, folded) for lang, folded in found if folded}


def _columns(entry: Entry) -> dict[str, Any]:
    return {
        "type": TopicType(entry.type),
        "nl": entry.nl,
        "en": entry.en,
        "levels": [level.value for level in entry.levels],
        "near": list(entry.near),
        "details": {
            "nl": list(entry.terms_nl),
            "en": list(entry.terms_en),
            "exact": list(entry.exact),
            "hints": list(entry.hints),
        },
    }


def _bring_up_to_date(topic: Topic, entry: Entry, known: dict[str, Topic]) -> bool:
    wanted = _columns(entry) | {"parent_id": known[entry.parent].id if entry.parent else None}
    differing = {column: value for column, value in wanted.items() if getattr(topic, column) != value}
    for column, value in differing.items():
        setattr(topic, column, value)
    return bool(differing)


def _write_terms(session: Session, entries: tuple[Entry, ...], known: dict[str, Topic]) -> set[str]:
    """Codes of the topics whose terms had to change."""
    kept: dict[int, set[tuple[str, str]]] = {}
    for topic_id, lang, folded in session.execute(select(TopicTerm.topic_id, TopicTerm.lang, TopicTerm.folded)):
        kept.setdefault(topic_id, set()).add((lang, folded))
    changed: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for entry in entries:
        topic_id = known[entry.code].id
        wanted = folded_terms(entry)
        if wanted != kept.get(topic_id, set()):
            changed[entry.code] = topic_id
            rows += [{"topic_id": topic_id, "lang": lang, "folded": folded} for lang, folded in sorted(wanted)]
    if changed:
        session.execute(delete(TopicTerm).where(TopicTerm.topic_id.in_(changed.values())))
        session.execute(insert(TopicTerm), rows)
    return set(changed)
