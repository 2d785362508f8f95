"""Keeping, releasing and dropping fitted rankings, and the turn of the weekly training. Flushes, never commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from matcher.accounts.services import record
from matcher.errors import Conflict
from matcher.matching.model_models import ModelState, ModelTraining, ModelVersion
from matcher.matching.model_queries import TURN, is_turn_free, version_named

RULE_RUNS = "The written rule orders people already; there is nothing to drop."


def keep_version(
    session: Session, *, version: str, file_hash: str, card: dict[str, Any], state: ModelState, note: str, now: datetime
) -> ModelVersion:
    """A row for a file that was written; a released one takes the place of whichever ran."""
    row = ModelVersion(version=version, file_hash=file_hash, card=card, note=note, made_at=now, changed_at=now)
    row.state = ModelState.CANDIDATE
    session.add(row)
    session.flush()
    if state is ModelState.RELEASED:
        _release(session, row, note=note, by_id=None, now=now)
    else:
        row.state = state
        session.flush()
    return row


def release_version(
    session: Session, version: str, *, reason: str, now: datetime, by_id: int | None = None
) -> ModelVersion:
    """By hand, also an earlier one, or one that was refused. The caller has read its file. Raises NotFound."""
    row = version_named(session, version)
    if row.state is not ModelState.RELEASED:
        _release(session, row, note=reason, by_id=by_id, now=now)
    return row


def drop_running(session: Session, *, reason: str, now: datetime, by_id: int | None = None) -> ModelVersion:
    """The written rule takes over. Raises Conflict when it runs already."""
    row = _running(session)
    if row is None:
        raise Conflict(RULE_RUNS)
    row.state, row.note, row.changed_at = ModelState.DROPPED, reason, now
    _recorded(session, "model_dropped", row, by_id, now)
    return row


def _release(session: Session, row: ModelVersion, *, note: str, by_id: int | None, now: datetime) -> None:
    before = _running(session)
    if before is not None:
        # First the one goes, then the other comes: two are never released, not even for a moment.
        before.state, before.changed_at = ModelState.CANDIDATE, now
        session.flush()
    row.state, row.note, row.changed_at = ModelState.RELEASED, note, now
    row.released_at, row.released_by_id = now, by_id
    _recorded(session, "model_released", row, by_id, now)


def _running(session: Session) -> ModelVersion | None:
    query = select(ModelVersion).where(ModelVersion.state == ModelState.RELEASED).with_for_update()
    return session.scalars(query).one_or_none()


def _recorded(session: Session, action: str, row: ModelVersion, by_id: int | None, now: datetime) -> None:
    session.flush()
    record(
        session,
        action=action,
        object_type="model",
        object_id=row.id,
        actor_id=by_id,
        details={"version": row.version},
        now=now,
    )


def take_turn(session: Session, week: str, *, now: datetime) -> bool:
    """True for the one worker that trains this week; again when a training was cut off."""
    if not is_turn_free(session, week, now=now):
        return False
    values = {"week": week, "began_at": now}
    if session.get(ModelTraining, week) is None:
        # Two that come at the same moment meet in the primary key, and only one of them writes the row.
        insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
        made = session.execute(insert(ModelTraining).values(**values, note="").on_conflict_do_nothing())
    else:
        cut_off = ModelTraining.ended_at.is_(None) & (ModelTraining.began_at <= now - TURN)
        made = session.execute(update(ModelTraining).where(ModelTraining.week == week, cut_off).values(began_at=now))
    # What writes always counts its rows; the type of a result in general does not say so.
    return bool(made.rowcount)  # type: ignore[attr-defined]


def note_training(
    session: Session, week: str, *, outcome: str, version: str | None = None, note: str = "", now: datetime
) -> None:
    """What came of it, for the page of models and `matcher model list`."""
    values = {"ended_at": now, "outcome": outcome, "version": version, "note": note[:1000]}
    session.execute(update(ModelTraining).where(ModelTraining.week == week).values(**values))
