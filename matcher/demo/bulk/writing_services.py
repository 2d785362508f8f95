"""Plain rows, numbered beforehand, collected and inserted in the order in which they refer. Flushes only."""

from collections import defaultdict
from itertools import count
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.availability.models import AvailabilityException, Booking, WeeklyPattern
from matcher.db import Base
from matcher.matching.budget_models import AskCounter
from matcher.matching.models import Consent, HybridStepTaken, Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.suggestion_models import RequestTick, Suggestion, SuggestionRun
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment, RequestRevision, RequestTopic, SchoolClass
from matcher.safeguarding.models import Proof

Row = dict[str, Any]
ORDER: tuple[type[Base], ...] = (
    Organisation, User, Grant, SchoolClass, Proof,
    Offer, OfferTopic, OfferRevision, WeeklyPattern, AvailabilityException,
    Request, RequestMoment, RequestTopic, RequestRevision,
    SuggestionRun, Suggestion, RequestTick,
    MatchEvent, Match, MatchMoment, Consent, Booking, VisitReport, HybridStepTaken, AskCounter,
)  # fmt: skip
"""An event comes before its match, everything else after what it refers to."""
FULL = 40_000


class Writer:
    """Nothing is read back: who adds a row knows its id. Rows must have the same columns each time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[type[Base], list[Row]] = defaultdict(list)
        self._numbers: dict[type[Base], count[int]] = {}
        self._held = 0
        self.written = 0

    def next_id(self, model: type[Base]) -> int:
        """The id the database would have given; nobody else may write meanwhile."""
        if model not in self._numbers:
            known = model.__table__.c["id"]
            self._numbers[model] = count(int(self._session.scalar(select(func.max(known))) or 0) + 1)
        return next(self._numbers[model])

    def add(self, model: type[Base], row: Row) -> None:
        self._waiting[model].append(row)
        self._held += 1

    def add_all(self, model: type[Base], rows: list[Row]) -> None:
        self._waiting[model] += rows
        self._held += len(rows)

    def relieve(self) -> None:
        """Called where everything that was added is whole: writes when much has been collected."""
        if self._held >= FULL:
            self.flush()

    def flush(self) -> None:
        connection = self._session.connection()
        for model in ORDER:
            rows = self._waiting.pop(model, [])
            if rows:
                connection.execute(insert(Base.metadata.tables[model.__tablename__]), rows)
        if self._waiting:
            raise LookupError(f"no place in the order for {sorted(model.__name__ for model in self._waiting)}")
        self.written += self._held
        self._held = 0

    def close(self) -> None:
        """The last rows, and from here on the database numbers again."""
        self.flush()
        if self._session.get_bind().dialect.name != "postgresql":
            return
        for model in self._numbers:
            name = model.__tablename__  # of our own models, so that it may stand in the text
            self._session.execute(
                text(f"select setval(pg_get_serial_sequence('{name}', 'id'), (select max(id) from {name}))")  # noqa: S608
            )
