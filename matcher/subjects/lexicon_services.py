"""Adds words to the lexicon of a database."""

from collections.abc import Collection

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matcher.subjects.lexicon import number_of
from matcher.subjects.models import SearchTerm


def add_words(session: Session, words: Collection[str]) -> None:
    """In one order for all who write at once; those that are there already stay as they are."""
    if words:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        adding = dialect.insert(SearchTerm).on_conflict_do_nothing(index_elements=["id"])
        session.execute(adding, [{"id": number_of(word), "word": word} for word in sorted(set(words))])
