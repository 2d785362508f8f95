"""Which ranking runs in this process: the released model as long as its file is whole, else the written rule.

Looking costs two `stat` a time; the file is read again only when it, or what was released, changed. Knows no database.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from matcher.ranking.baseline import Baseline, Ranked, Ranker
from matcher.ranking.facts import WIDTH, Column, FactsBatch
from matcher.ranking.store import BadModel, load_model

log = logging.getLogger(__name__)
RULE = Baseline()
ENDINGS = (".skops", ".json")
TRY_AGAIN_SECONDS = 60.0
"""A fault that lies in the machine (no memory, a disk that is away) may be over by then."""


@dataclass(frozen=True)
class Released:
    """What the database says should run."""

    version: str
    file_hash: str


@dataclass(frozen=True)
class Fault:
    """Why the released model does not run: a code, and a sentence for the log and the status page."""

    version: str
    code: str
    sentence: str


@dataclass(frozen=True)
class Loaded:
    """What was found for one released version and one state of its file."""

    key: tuple[object, ...]
    model: Ranker | None
    fault: Fault | None
    at: float

    def is_for(self, key: tuple[object, ...]) -> bool:
        stale = self.fault is not None and time.monotonic() - self.at > TRY_AGAIN_SECONDS
        return self.key == key and not stale


NONE_RELEASED = Loaded((), None, None, 0.0)


class RunningRanker:
    """One for each process; any number of threads may ask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loaded = NONE_RELEASED
        self._turn = threading.Lock()

    def ranker(self, released: Released | None) -> Ranker:
        """Never raises; falls back to the written rule even in the midst of ranking."""
        found = self.loaded(released)
        return RULE if found.model is None else _Guarded(self, found, found.model)

    def fault(self, released: Released | None) -> Fault | None:
        """Why the written rule stands in for the released model; None when nothing is wrong."""
        return self.loaded(released).fault

    def loaded(self, released: Released | None) -> Loaded:
        if released is None:
            return NONE_RELEASED
        key = (released.version, released.file_hash, _mark(self.folder, released.version))
        if self._loaded.is_for(key):
            return self._loaded
        with self._turn:
            if not self._loaded.is_for(key):
                self._loaded = _load(self.folder, released, key)
            return self._loaded

    def give_up(self, found: Loaded, error: Exception) -> None:
        """A model that fails while ranking is not asked again until its file or the release changes."""
        fault = _told(Fault(str(found.key[0]), "failed", f"The model failed while ranking ({type(error).__name__})."))
        with self._turn:
            if self._loaded.key == found.key:
                self._loaded = Loaded(found.key, None, fault, time.monotonic())


class _Guarded:
    """A model that steps aside for the written rule, for good, at its first fault. One for each question."""

    def __init__(self, owner: RunningRanker, found: Loaded, model: Ranker) -> None:
        self._owner, self._found, self._model = owner, found, model
        self.name = model.name

    def rank(self, batch: FactsBatch) -> Ranked:
        try:
            ranked = self._model.rank(batch)
            scores = _chances(ranked.scores, len(batch))
        except Exception as error:
            if self._model is RULE:
                raise
            self._owner.give_up(self._found, error)
            self._model, self.name = RULE, RULE.name
            return RULE.rank(batch)
        return Ranked(scores, _Explained(self, ranked.contributions, batch))

    def explain_instead(self, batch: FactsBatch, error: Exception) -> Mapping[str, Column]:
        """The order stands; what it rests on is told by the rule."""
        self._owner.give_up(self._found, error)
        return RULE.rank(batch).contributions


class _Explained(Mapping[str, Column]):
    """Contributions are made when somebody reads them, and only then a fault shows."""

    def __init__(self, owner: _Guarded, told: Mapping[str, Column], batch: FactsBatch) -> None:
        self._owner, self._told, self._batch = owner, told, batch

    @cached_property
    def _found(self) -> Mapping[str, Column]:
        try:
            return _numbers(dict(self._told), len(self._batch))
        except Exception as error:
            return self._owner.explain_instead(self._batch, error)

    def __getitem__(self, part: str) -> Column:
        return self._found[part]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _mark(folder: Path, version: str) -> tuple[object, ...]:
    """Changes whenever the model or its card could read differently, also when only who may read them changed."""
    marks: list[object] = []
    for ending in ENDINGS:
        try:
            found = (folder / f"{version}{ending}").stat()
        except (OSError, ValueError) as error:
            marks.append(type(error).__name__)
        else:
            marks.append((found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino))
    return tuple(marks)


def _load(folder: Path, released: Released, key: tuple[object, ...]) -> Loaded:
    fault = None
    try:
        model = load_model(folder, released.version, released.file_hash)
        # The first ranking is the slowest, and shows a file that is whole and yet gives no chances.
        ranked = model.rank(FactsBatch(np.zeros((2, WIDTH))))
        _chances(ranked.scores, 2)
        _numbers(ranked.contributions, 2)
        log.info("model %s orders people from now on", released.version)
        return Loaded(key, model, None, time.monotonic())
    except BadModel as error:
        fault = Fault(released.version, error.code, error.sentence)
    except Exception as error:
        fault = Fault(released.version, "failed", f"The model cannot be used ({type(error).__name__}).")
        log.exception("model %s", released.version)
    return Loaded(key, None, _told(fault), time.monotonic())


def _told(fault: Fault) -> Fault:
    log.warning("the written rule orders people, not model %s: %s", fault.version, fault.sentence)
    return fault


def _chances(scores: Column, rows: int) -> Column:
    if scores.shape != (rows,) or not np.all((scores >= 0) & (scores <= 1)):
        raise ValueError("scores that are no chances")
    return scores


def _numbers(contributions: Mapping[str, Column], rows: int) -> Mapping[str, Column]:
    if any(column.shape != (rows,) or not np.all(np.isfinite(column)) for column in contributions.values()):
        raise ValueError("contributions that are no numbers")
    return contributions
