"""The one engine factory, units of work, column types and row locks.

The defaults of driver and library lose updates silently (docs/decisions/0001): nothing else may make an engine.
No tables live here.
"""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import (
    DDL,
    DateTime,
    Engine,
    Enum,
    MetaData,
    Select,
    String,
    bindparam,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from matcher.errors import Busy, Conflict, NotFound
from matcher.i18n import _l

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_BUSY_MS = 10_000
LONGEST_WAIT_S = 30
SERVING_WAIT_S = 4.0
"""What a page waits for a connection; then it says that Matcher is busy."""
PG_LOCK_TIMEOUT_MS = 5_000
PG_STATEMENT_TIMEOUT_MS = 30_000
BIGGEST_ID = 2**31 - 1
CHANGED_MEANWHILE = _l("This changed after you opened the page. Look at what happened and decide again.")


class Base(DeclarativeBase):
    """Every table: named constraints on both engines, or SQLite batch migrations cannot drop them."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC only; SQLite would hand back naive ones. A naive value is a bug and raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without time zone may not be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ERASED = "–"
"""Stands in the database where a name or words were erased. Nobody can type it there: one sign is too short."""


class Erasable(TypeDecorator[str]):
    """A bounded text that may be erased; then readers see the word for it in their own language."""

    impl = String
    cache_ok = True
    word = _l("Deleted")

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return str(self.word) if value == ERASED else value


class PersonName(Erasable):
    cache_ok = True
    word = _l("Deleted account")


class Typed(Erasable):
    """A title or a message of a person."""

    cache_ok = True
    word = _l("Text deleted")


def str_enum(members: type[StrEnum], name: str) -> Enum:
    """A StrEnum stored by value in a varchar with a CHECK called ``ck_<table>_<name>``."""
    return Enum(
        members,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda enum: [member.value for member in enum],
    )


def short(length: int = 200) -> String:
    """A bounded text column. SQLite ignores the bound, so forms cap the length as well."""
    return String(length)


def make_engine(url: str, **options: Any) -> Engine:
    """The engine with all safety switches on. Transactions default to writing; see :class:`Database`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000}, **options)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        event.listen(engine, "reset", _sqlite_reset)
        return engine
    settings = f"-c lock_timeout={PG_LOCK_TIMEOUT_MS} -c statement_timeout={PG_STATEMENT_TIMEOUT_MS}"
    settings += " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
    # No overflow: a connection beyond the pool would be opened and closed again for every unit of work in a rush.
    defaults: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 16, "max_overflow": 0, "pool_timeout": 30}
    engine = create_engine(url, connect_args={"options": settings}, **(defaults | options))
    event.listen(engine, "begin", _postgres_begin)
    return engine


def _only_what_is_there(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
    """A file that is gone (a disk that is not mounted) is an error; SQLite would begin a new, empty database."""
    if arguments and arguments[0] and not arguments[0].startswith((":memory:", "file:")):
        arguments[0] = f"file:{quote(arguments[0])}?mode=rw"
        options["uri"] = True


def _sqlite_connect(connection: Any, record: Any) -> None:
    # Autocommit in the driver: it would otherwise open the transaction at the first write, leaving reads outside it.
    connection.isolation_level = None
    try:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # or REPLACE would remove rows without asking the triggers
            f"busy_timeout={SQLITE_BUSY_MS}",
            "journal_size_limit=67108864",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except BaseException:
        # The pool never gets to know this connection, so nobody else would close it.
        connection.close()
        raise


def _reads_only(connection: Any) -> bool:
    return bool(connection.get_execution_options().get("matcher_reads", False))


def _sqlite_begin(connection: Any) -> None:
    reads = _reads_only(connection)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _sqlite_reset(connection: Any, record: Any, state: Any) -> None:
    # A COMMIT refused by a deferred key leaves the write lock on the pooled connection; rolling back lets go of it.
    if connection.in_transaction:
        connection.rollback()


def _postgres_begin(connection: Any) -> None:
    if _reads_only(connection):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def append_only_ddl(table: str, dialect: str, may_change: str = "") -> list[str]:
    """Statements that make the database refuse to change or delete rows of a table, but for changes of which the
    condition `may_change` (on OLD and NEW) is true."""
    if dialect == "sqlite":
        when = {"UPDATE": f"WHEN NOT coalesce(({may_change}), 0) " if may_change else "", "DELETE": ""}
        return [
            f"CREATE TRIGGER tr_{table}_no_{verb.lower()} BEFORE {verb} ON {table} {when[verb]}"
            "BEGIN SELECT RAISE(ABORT, 'append_only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    allow = f"IF TG_OP = 'UPDATE' AND coalesce(({may_change}), false) THEN RETURN NEW; END IF; " if may_change else ""
    function = f"refuse_change_of_{table}" if may_change else "refuse_change"
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {allow}RAISE EXCEPTION 'append_only' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()",
    ]


def append_only(model: type[Base], may_change: Mapping[str, str] | None = None) -> None:
    """Attach the refusal to the table of a model; `may_change` is an exception for each engine."""
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_ddl(model.__tablename__, dialect, (may_change or {}).get(dialect, "")):
            ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            event.listen(model.__table__, "after_create", ddl)


class InTurn:
    """A lock that is given in the order in which it was asked for. Those of `threading` let a newcomer go first, and
    under a rush somebody was overtaken for half a minute."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def acquire(self, timeout: float) -> bool:
        """Whether it was given within this many seconds."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout):
            return True
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
            return True  # it was handed over at the last moment

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Database:
    """One engine, two kinds of session: ``write()`` takes the write lock at once, ``read()`` refuses to write."""

    def __init__(self, url: str, *, host: str = "matcher.invalid", **options: Any) -> None:
        # What every session carries: the name of this installation for calendar ids, and what create_app adds.
        self.info: dict[str, Any] = {"host": host}
        self.engine = make_engine(url, **options)
        if self.is_sqlite:
            event.listen(self.engine, "do_connect", _only_what_is_there)
        self._reading = self.engine.execution_options(matcher_reads=True)
        # SQLite lets waiting writers sleep and starve; in one process they queue here instead.
        self._turn = InTurn() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def session(self, *, write: bool) -> Session:
        """A session whose caller commits, rolls back and closes."""
        return Session(self.engine if write else self._reading, expire_on_commit=False, info=self.info)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One short write unit: committed at the end, rolled back on any error. Raises Busy after a long wait."""
        with self._in_turn(), self.session(write=True) as session:
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=LONGEST_WAIT_S):
            raise Busy()
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent look; the database itself refuses writes in it."""
        with self.session(write=False) as session:
            yield session

    def dispose(self) -> None:
        self.engine.dispose()


Row = TypeVar("Row", bound=Base)


@cache
def _locking(model: type[Row]) -> Select[Row]:
    """Written once for each table: every step locks four or five rows."""
    # Every table that is locked row by row has an id; the common base does not say so.
    query = select(model).where(model.id == bindparam("row_id"))  # type: ignore[attr-defined]
    return query.execution_options(populate_existing=True).with_for_update(key_share=True)


def lock_row(session: Session, model: type[Row], row_id: int) -> Row:
    """The row, locked until the unit ends and read afresh. Order: person → organisation → class → offer → request →
    match, ids rising.

    On SQLite the unit already holds the only write lock. Raises NotFound. FOR NO KEY UPDATE: rows that merely refer
    to this one may still be written, or every event with the same actor would wait.
    """
    if not 0 < row_id <= BIGGEST_ID:
        raise NotFound()
    row: Row | None = session.scalars(_locking(model), {"row_id": row_id}).one_or_none()
    if row is None:
        raise NotFound()
    return row


def check_shown(now: int, shown: int | None) -> None:
    """``shown`` is the version the page showed, ``now`` the one that holds. Raises Conflict when they differ."""
    if shown is not None and shown != now:
        raise Conflict(CHANGED_MEANWHILE)


def next_id(session: Session, table: str) -> int:
    """An id reserved before its row exists (an event is written before its match). The caller holds a write unit."""
    if session.get_bind().dialect.name == "postgresql":
        return int(session.execute(text("select nextval(pg_get_serial_sequence(:t, 'id'))"), {"t": table}).scalar_one())
    # The write lock is held, and rows of the tables this serves are never deleted (their events stay).
    known = Base.metadata.tables[table]
    return int(session.scalar(select(func.max(known.c.id))) or 0) + 1


def sqlite_file(url: str) -> Path | None:
    """The file behind this address; None for another engine or a database in memory."""
    parsed = make_url(url)
    named = parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:"
    return Path(parsed.database or "") if named else None


def postgres_settings(url: str) -> dict[str, str]:
    """The same address in the variables that PostgreSQL's own programs read."""
    parsed = make_url(url)
    named = {
        "PGHOST": parsed.query.get("host") or parsed.host,
        "PGPORT": parsed.query.get("port") or parsed.port,
        "PGUSER": parsed.username,
        "PGPASSWORD": parsed.password,
        "PGDATABASE": parsed.database,
        "PGSSLMODE": parsed.query.get("sslmode"),
    }
    return {name: str(value) for name, value in named.items() if value}


def beside(url: str, database: str) -> str:
    """The address of another database on the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)
