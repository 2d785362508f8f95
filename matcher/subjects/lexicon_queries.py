"""The lexicon of a database as each process keeps it."""

from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from matcher.subjects.lexicon import Lexicon
from matcher.subjects.models import SearchTerm

_kept: WeakKeyDictionary[Engine, tuple[object, Lexicon]] = WeakKeyDictionary()
_reading = Lock()
SPREAD = 65_521
"""A prime: sums of the numbers' remainders differ when the words do, and stay small."""


def lexicon(session: Session) -> Lexicon:
    """Read anew when there are other words than at the last look."""
    engine = session.get_bind().engine
    state = session.execute(select(func.count(SearchTerm.id), func.sum(SearchTerm.id % SPREAD))).one()
    version = (int(state[0]), int(state[1] or 0))
    with _reading:
        seen, known = _kept.get(engine, (None, Lexicon()))
        if seen != version:
            known.add(session.scalars(select(SearchTerm.word).order_by(SearchTerm.word)))
            _kept[engine] = (version, known)
        return known
