"""Training, evaluating and the weekly turn: reading, then thinking outside any unit of work, then one short write."""

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from matcher.clock import AMSTERDAM, utcnow
from matcher.db import Database
from matcher.errors import InvalidInput
from matcher.matching import training
from matcher.matching.learning_queries import examples, landsdelen, unreadable_count
from matcher.matching.model_models import ModelState
from matcher.matching.model_queries import is_turn_free, is_unfinished, models_folder, released, was_dropped
from matcher.matching.model_services import keep_version, note_training, take_turn
from matcher.matching.running_ranker import RULE
from matcher.ranking.examples import Examples
from matcher.ranking.judging import MARGIN, Report
from matcher.ranking.learned import CannotLearn
from matcher.ranking.store import BadModel, Card, load_model, read_card, save_model
from matcher.subjects.levels import Level

LOOK_BACK = timedelta(days=3 * 365)
NIGHT = timedelta(hours=3)
"""The week of training begins on Monday at three in the morning."""
TRAIN = "matching.train"
BEATS = "It beats every baseline, and no group of requests is worse off."
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Training:
    """What came of it: the version that was kept, in which state, and the sentences that say why."""

    version: str
    state: ModelState
    stage: str
    window_from: datetime
    window_to: datetime
    settled: int
    report: Report
    sentences: list[str]
    left_out: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How the running ranking does next to every baseline, on requests later than it learned from."""

    running: str
    since: datetime
    report: Report


def _silent(_what: str) -> None:
    """Nobody is watching."""


def _log_of(database: Database, now: datetime, tell: training.Tell) -> tuple[Examples, int, training.Names]:
    """The examples of the last years, how many rows could not be read, and what the segments are called."""
    tell("reading the log")
    with database.read() as session:
        known = examples(session, since=now - LOOK_BACK, as_of=now)
        left_out = unreadable_count(session, since=now - LOOK_BACK, as_of=now)
        names = {"landsdeel": landsdelen(session), "level": {at: level.value for at, level in enumerate(Level)}}
    tell(f"{len(known):,} suggestions" + (f", {left_out:,} more with other facts" if left_out else ""))
    return known, left_out, names


def _with_left_out(sentence: str, left_out: int) -> str:
    if not left_out:
        return sentence
    return f"{sentence} {left_out:,} suggestions were stored with other facts and teach nothing."


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _week(now: datetime) -> str:
    year, week, _day = (now.astimezone(AMSTERDAM) - NIGHT).isocalendar()
    return f"{year}-W{week:02}"


def train_now(
    database: Database,
    folder: Path,
    *,
    now: datetime,
    tell: training.Tell = _silent,
    may_release: bool = True,
    seed: int = training.SEED,
) -> Training:
    """Fits, judges, keeps, and releases what may be released. Raises InvalidInput with a sentence, nothing kept."""
    known, left_out, names = _log_of(database, now, tell)
    version = now.astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    try:
        found = training.train(known, seed=seed, name=version, tell=tell)
    except CannotLearn as error:
        raise InvalidInput(_with_left_out(str(error), left_out)) from error
    against = training.in_words(found.against, names)
    state = ModelState.REFUSED if not found.may_release else ModelState.CANDIDATE
    if found.may_release and may_release:
        state = ModelState.RELEASED
    kept = _written(found, version, seed, against, folder)
    note = " ".join(against) if against else BEATS
    row: dict[str, Any] = {
        "version": version,
        "file_hash": kept.file_hash,
        "card": asdict(kept),
        "state": state,
        "note": note[:1000],
    }
    with database.write() as session:
        keep_version(session, **row, now=now)
    return Training(
        version=version,
        state=state,
        stage=found.model.stage,
        window_from=_moment(found.window_from),
        window_to=_moment(found.window_to),
        settled=found.model.settled,
        report=found.report,
        sentences=against,
        left_out=left_out,
    )


def _written(found: training.Trained, version: str, seed: int, against: list[str], folder: Path) -> Card:
    """The card of the file, after reading it as whoever serves will read it. Raises InvalidInput."""
    card = Card(
        version=version,
        seed=seed,
        window_from=found.window_from,
        window_to=found.window_to,
        requests=found.model.requests,
        settled=found.model.settled,
        metrics={
            **found.report.as_json(),
            "against": against,
            "margin": MARGIN,
            "portrait": found.portrait,
        },
    )
    try:
        save_model(found.model, card, folder)
        kept = read_card(folder, version)
        load_model(folder, version, kept.file_hash)
    except (BadModel, OSError) as error:
        raise InvalidInput(f"The model could not be written to {folder}: {error}") from error
    return kept


def evaluate_now(
    database: Database, folder: Path, *, now: datetime, tell: training.Tell = _silent, seed: int = training.SEED
) -> Evaluation:
    """Judges what runs. Raises InvalidInput with a sentence, also when the released model cannot be used."""
    with database.read() as session:
        wanted = released(session)
    try:
        model = load_model(folder, wanted.version, wanted.file_hash) if wanted is not None else None
        since = read_card(folder, wanted.version).window_to if wanted is not None else None
    except BadModel as error:
        version = wanted.version if wanted is not None else ""
        raise InvalidInput(f"Model {version} cannot be used: {error.sentence}") from error
    known, left_out, _names = _log_of(database, now, tell)
    try:
        training.check_enough(known)
    except CannotLearn as error:
        raise InvalidInput(_with_left_out(str(error), left_out)) from error
    cut = training.cut_of(known) if since is None else since
    later = training.later_than(known, cut)
    tell(f"judging by {len(set(later.request.tolist())):,} requests")
    report = training.compared(model, later, seed=seed)
    return Evaluation(wanted.version if wanted is not None else RULE.name, _moment(cut), report)


def train_when_due(database: Database, app: Any, now: datetime) -> dict[str, int]:
    """Once a week, by one worker. In a worker that goes on it happens beside the rounds; nothing of it stops them."""
    folder, week = models_folder(database), _week(now)
    if folder is None:
        return {}
    with database.read() as session:
        if not is_turn_free(session, week, now=now):
            return {}
    with database.write() as session:
        if not take_turn(session, week, now=now):
            return {}
    return begin_training(database, app, folder, week, now)


def begin_training(database: Database, app: Any, folder: Path, week: str, now: datetime) -> dict[str, int]:
    """In a worker that goes on by way of its queue, else at once."""
    queue = app.extensions.get("matcher_queue")
    if queue is not None and queue.put(TRAIN, now=now, week=week):
        return {"training begun": 1}
    return {"trained": int(carry_out(database, folder, week, now))}


def train_from_queue(database: Database, _app: Any, *, week: str) -> None:
    """The job that was put in; one that comes twice finds its work done."""
    folder = models_folder(database)
    with database.read() as session:
        waits = is_unfinished(session, week)
    if folder is not None and waits:
        carry_out(database, folder, week, utcnow())


def carry_out(database: Database, folder: Path, week: str, now: datetime) -> bool:
    """One training whose turn was taken; true when a version was kept. Whatever goes wrong is noted, and another turn
    tries again."""
    try:
        outcome, version, note = _attempt(database, folder, now)
        with database.write() as session:
            note_training(session, week, outcome=outcome, version=version, note=note, now=now)
    except Exception:
        log.exception("the weekly training could not be noted")
        return False
    log.info("weekly training: %s %s", outcome, note)
    return version is not None


def _attempt(database: Database, folder: Path, now: datetime) -> tuple[str, str | None, str]:
    try:
        with database.read() as session:
            by_hand = was_dropped(session)
        made = train_now(database, folder, now=now, may_release=not by_hand)
    except InvalidInput as error:
        return "too_few", None, str(error)
    except Exception as error:
        log.exception("the weekly training failed")
        return "failed", None, type(error).__name__
    note = " ".join(made.sentences)
    if made.state is ModelState.CANDIDATE:
        note = "The model before it was dropped by hand, so a person must release this one."
    return made.state.value, made.version, note
