"""Fitted rankings: which one is released and runs, all versions with their cards, and the trainings."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.errors import NotFound
from matcher.matching.model_models import ModelState, ModelTraining, ModelVersion
from matcher.matching.running_ranker import RULE, Fault, Released, RunningRanker
from matcher.ranking.baseline import Ranker

RANKING = "ranking"
"""Under this name every session knows the ranking of its process."""
WHAT_TO_DO = (
    "The written rule orders people until then: put the file back, choose another version with `matcher model use`, "
    "or drop it with `matcher model drop`."
)
TURN = timedelta(hours=6)
"""A training that takes longer than this was cut off, and somebody else may begin again."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Running:
    """What orders people now. `version` and `card` are those of the released model; with a fault the rule stands in."""

    name: str
    version: str | None = None
    released_at: datetime | None = None
    released_by_id: int | None = None
    card: dict[str, Any] | None = None
    fault: Fault | None = None

    @property
    def is_rule(self) -> bool:
        return self.version is None or self.fault is not None

    @property
    def is_degraded(self) -> bool:
        return self.fault is not None


def serve_models(database: Database, folder: Path) -> None:
    """From now on the sessions of this database rank with the released model; its file is read at once.

    Whatever is wrong, the written rule does the work: this never stops a process from starting.
    """
    database.info[RANKING] = RunningRanker(folder)
    try:
        with database.read() as session:
            ranker_for(session)
    except Exception:
        log.exception("no ranking could be loaded at the start")
    # A server may fork after this; a connection must not be shared.
    database.dispose()


def models_folder(database: Database) -> Path | None:
    """Where the models of this process lie; None when it was told none."""
    kept: RunningRanker | None = database.info.get(RANKING)
    return kept.folder if kept is not None else None


def ranker_for(session: Session) -> Ranker:
    """The ranking that runs here: the released model, or the written rule. Never raises because of a model."""
    kept: RunningRanker | None = session.info.get(RANKING)
    return RULE if kept is None else kept.ranker(released(session))


def running(session: Session) -> Running:
    """What orders people now, and why it is the written rule when it is."""
    row = session.scalars(select(ModelVersion).where(ModelVersion.state == ModelState.RELEASED)).one_or_none()
    if row is None:
        return Running(RULE.name)
    kept: RunningRanker | None = session.info.get(RANKING)
    fault = kept.fault(Released(row.version, row.file_hash)) if kept is not None else None
    name = RULE.name if kept is None or fault is not None else kept.ranker(Released(row.version, row.file_hash)).name
    return Running(name, row.version, row.released_at, row.released_by_id, row.card, fault)


def released(session: Session) -> Released | None:
    """The version that should run."""
    query = select(ModelVersion.version, ModelVersion.file_hash).where(ModelVersion.state == ModelState.RELEASED)
    row = session.execute(query).one_or_none()
    return Released(row.version, row.file_hash) if row is not None else None


def versions(session: Session, *, limit: int = 200) -> Sequence[ModelVersion]:
    """The newest first."""
    return session.scalars(select(ModelVersion).order_by(ModelVersion.id.desc()).limit(limit)).all()


def version_named(session: Session, version: str) -> ModelVersion:
    """Raises NotFound with a sentence."""
    row = session.scalars(select(ModelVersion).where(ModelVersion.version == version)).one_or_none()
    if row is None:
        raise NotFound(f"There is no model {version[:60]!r}. `matcher model list` names those there are.")
    return row


def was_dropped(session: Session) -> bool:
    """Somebody took the last model away: until a person releases another, the written rule was chosen."""
    query = select(ModelVersion.state).where(ModelVersion.state.in_((ModelState.RELEASED, ModelState.DROPPED)))
    states = set(session.scalars(query.distinct()))
    return states == {ModelState.DROPPED}


def is_turn_free(session: Session, week: str, *, now: datetime) -> bool:
    """Whether nobody trained this week yet, or whoever began was cut off."""
    row = session.get(ModelTraining, week)
    return row is None or (row.ended_at is None and now - row.began_at >= TURN)


def is_unfinished(session: Session, week: str) -> bool:
    """Whether nobody noted yet what came of this training."""
    row = session.get(ModelTraining, week)
    return row is not None and row.ended_at is None


def trainings(session: Session, *, limit: int = 20) -> Sequence[ModelTraining]:
    """What came of the weekly trainings, the newest first."""
    return session.scalars(select(ModelTraining).order_by(ModelTraining.began_at.desc()).limit(limit)).all()
