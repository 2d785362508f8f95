"""Training, evaluating and choosing a ranking through the commands, on a small log; the weekly training."""

import json
import shutil
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select, update

from matcher.cli import main
from matcher.clock import utcnow
from matcher.db import Database
from matcher.jobs.queue import open_file
from matcher.matching import model_tasks, training
from matcher.matching.model_models import ModelState, ModelTraining, ModelVersion
from matcher.matching.model_queries import TURN
from matcher.matching.model_services import keep_version, take_turn
from matcher.matching.model_tasks import train_when_due
from matcher.matching.running_ranker import RULE
from matcher.matching.states import MatchState
from matcher.matching.suggestion_models import SuggestionRun
from matcher.matching.tasks import due_work
from matcher.ranking.learned import FittedModel
from matcher.worker import offer_jobs
from tests.factories import NOW
from tests.matching.logs import make_log
from tests.ranking.made import made_examples

pytestmark = pytest.mark.usefixtures("on_the_day")
RANKERS = {"model", "random", "nearest", "most_popular", "most_recent", "rule"}
MEASURES = {"ndcg@10", "mrr", "hit@1", "hit@3", "hit@5", "ece", "gini", "served"}


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"MATCHER_VAR": str(folder)})


def refused(folder: Path, *arguments: str) -> str:
    """A sentence, exit code 2, and nothing changed."""
    before = kept(folder)
    done = run(folder, *arguments)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert kept(folder) == before
    return done.stderr


def kept(folder: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Versions with their states, and the files."""
    database = Database(f"sqlite:///{folder}/matcher.db")
    with database.read() as session:
        rows = [(row.version, row.state.value) for row in session.scalars(select(ModelVersion))]
    database.dispose()
    return rows, sorted(path.name for path in (folder / "models").glob("*"))


def settled_log(folder: Path, template: Path, *, requests: int, always: MatchState | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template, folder / "matcher.db")
    database = Database(f"sqlite:///{folder}/matcher.db")
    with database.write() as session:
        make_log(session, requests=requests, until=utcnow(), always=always)
    database.dispose()
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> tuple[Path, dict[str, object]]:
    """A folder with a log and the model that was learned from it, and what the command told."""
    with time_machine.travel(NOW, tick=True):
        folder = settled_log(tmp_path_factory.mktemp("trained"), sqlite_template, requests=160)
        done = run(folder, "train", "--json")
    assert done.exit_code == 0, done.output
    return folder, json.loads(done.stdout)


def test_train_releases_what_beats_every_baseline(trained: tuple[Path, dict[str, object]]) -> None:
    folder, told = trained
    assert (told["state"], told["released"], told["sentences"]) == ("released", True, [])
    rankers = told["rankers"]
    assert isinstance(rankers, dict)
    assert set(rankers) == RANKERS
    assert {measure for found in rankers.values() for measure in found} == MEASURES
    assert all(len(figure) == 3 for figure in rankers["model"].values())
    rows, files = kept(folder)
    assert rows == [(told["version"], "released")]
    assert files == [f"{told['version']}.json", f"{told['version']}.skops"]
    assert told["version"] in run(folder, "status").stdout


def test_evaluate_names_what_runs_and_every_baseline(trained: tuple[Path, dict[str, object]]) -> None:
    folder, told = trained
    done = run(folder, "evaluate", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["running"], set(found["rankers"])) == (0, told["version"], RANKERS)
    assert found["rankers"] == told["rankers"]
    assert "NDCG@10" in run(folder, "evaluate").stdout


def test_versions_are_listed_shown_dropped_and_used_again(
    trained: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    folder, version = Path(shutil.copytree(trained[0], tmp_path / "copy")), str(trained[1]["version"])
    assert version in run(folder, "model", "list").stdout
    assert json.loads(run(folder, "model", "show", version, "--json").stdout)["card"]["version"] == version
    assert run(folder, "model", "drop", "--reason", "we looked at it").exit_code == 0
    listed = json.loads(run(folder, "model", "list", "--json").stdout)
    assert (listed["running"], listed["versions"][0]["state"], listed["versions"][0]["note"]) == (
        RULE.name, "dropped", "we looked at it",
    )  # fmt: skip
    assert json.loads(run(folder, "evaluate", "--json").stdout)["running"] == RULE.name
    assert "nothing to drop" in refused(folder, "model", "drop")
    assert run(folder, "model", "use", version, "--reason", "after all").exit_code == 0
    assert kept(folder)[0] == [(version, "released")]
    assert "no model 'nope'" in refused(folder, "model", "use", "nope")
    assert "no model 'nope'" in refused(folder, "model", "show", "nope")


def test_damaged_model_is_refused_in_a_sentence(trained: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    folder, version = Path(shutil.copytree(trained[0], tmp_path / "copy")), str(trained[1]["version"])
    file = folder / "models" / f"{version}.skops"
    file.write_bytes(file.read_bytes()[:1000])
    assert "cannot be used" in refused(folder, "evaluate")
    assert "cannot be used" in refused(folder, "model", "use", version)
    status = run(folder, "status")
    assert (status.exit_code, "ranking is degraded" in status.stdout, "matcher model drop" in status.stdout) == (
        1,
        True,
        True,
    )
    assert json.loads(run(folder, "model", "list", "--json").stdout)["degraded"]


def test_too_little_to_learn_from_is_refused_in_a_sentence(tmp_path: Path, sqlite_template: Path) -> None:
    few = settled_log(tmp_path / "few", sqlite_template, requests=19)
    assert "19 answered requests; at least 20" in refused(few, "train")
    assert "19 answered requests; at least 20" in refused(few, "evaluate")
    same = settled_log(tmp_path / "same", sqlite_template, requests=30, always=MatchState.DECLINED)
    assert "was a no" in refused(same, "train")
    database = Database(f"sqlite:///{same}/matcher.db")
    with database.write() as session:
        session.execute(update(SuggestionRun).values(fingerprint="0" * 64))
    database.dispose()
    assert "120 suggestions were stored with other facts" in refused(same, "train")


def test_week_is_trained_once_and_a_failure_stops_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    now, database = utcnow(), app.extensions["matcher_db"]
    with database.write() as session:
        make_log(session, requests=25, until=now, always=MatchState.HELD)
    assert "trained" not in due_work(database, app, now)
    assert train_when_due(database, app, now) == {}
    monkeypatch.setattr(model_tasks, "examples", lambda *_args, **_named: 1 / 0)
    assert train_when_due(database, app, now + timedelta(days=7)) == {"trained": 0}
    with database.read() as session:
        first, second = session.scalars(select(ModelTraining).order_by(ModelTraining.week)).all()
        assert (first.outcome, first.version, "was a yes" in first.note) == ("too_few", None, True)
        assert (second.outcome, second.note) == ("failed", "ZeroDivisionError")
        assert session.scalar(select(func.count()).select_from(ModelVersion)) == 0


def test_worker_that_goes_on_trains_beside_its_rounds(app: Flask, tmp_path: Path) -> None:
    database, queue = app.extensions["matcher_db"], open_file(tmp_path / "jobs.sqlite3", "k" * 40)
    app.extensions["matcher_queue"] = queue
    offer_jobs(queue, app)
    assert train_when_due(database, app, utcnow()) == {"training begun": 1}
    with database.read() as session:
        assert session.scalars(select(ModelTraining.outcome)).all() == [None]
    consumer = queue.huey.create_consumer(workers=1, periodic=False)
    consumer._set_signal_handlers = lambda: None
    consumer.start()
    for _try in range(1800):
        with database.read() as session:
            outcomes = session.scalars(select(ModelTraining.outcome)).all()
        if outcomes != [None]:
            break
        time.sleep(0.1)
    consumer.stop(graceful=True)
    assert outcomes == ["too_few"]


def test_training_begins_at_once_when_the_queue_is_away(app: Flask, tmp_path: Path) -> None:
    queue = open_file(tmp_path / "jobs.sqlite3", "k" * 40)
    app.extensions["matcher_queue"] = queue
    offer_jobs(queue, app)
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as connection:
        connection.execute("drop table task")
    assert train_when_due(app.extensions["matcher_db"], app, utcnow()) == {"trained": 0}


def test_training_that_is_put_in_twice_is_done_once(app: Flask, tmp_path: Path) -> None:
    database, queue = app.extensions["matcher_db"], open_file(tmp_path / "jobs.sqlite3", "k" * 40)
    app.extensions["matcher_queue"] = queue
    offer_jobs(queue, app)
    now = utcnow()
    assert train_when_due(database, app, now)
    assert train_when_due(database, app, now + TURN) == {"training begun": 1}
    assert queue.waiting().count == 2
    assert queue.do_next()
    with database.read() as session:
        ended = session.scalars(select(ModelTraining.ended_at)).one()
    assert queue.do_next()
    with database.read() as session:
        assert session.scalars(select(ModelTraining.ended_at)).one() == ended


def test_turn_is_one_workers_until_it_was_cut_off(database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        assert take_turn(session, "2026-W47", now=now)
    with database.write() as session:
        assert not take_turn(session, "2026-W47", now=now)
        assert take_turn(session, "2026-W48", now=now)
    with database.write() as session:
        assert take_turn(session, "2026-W47", now=now + TURN)
        assert not take_turn(session, "2026-W47", now=now + TURN)


def test_one_version_is_released_at_most(database: Database) -> None:
    for name in ("a", "b"):
        with database.write() as session:
            keep_version(
                session, version=name, file_hash="0" * 64, card={}, state=ModelState.RELEASED, note="", now=utcnow()
            )
    with database.read() as session:
        query = select(ModelVersion.state).order_by(ModelVersion.version)
        assert session.scalars(query).all() == [ModelState.CANDIDATE, ModelState.RELEASED]


def test_plain_arrays_that_are_not_what_was_fitted_are_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = made_examples(runs=120)
    fit = training.fit_model
    right = training.train(examples, seed=3, name="right", tell=str)
    assert training.apart_from_original(right.model, examples) < training.GATE_APART

    def swapped(*given: Any, **named: Any) -> FittedModel:
        model = fit(*given, **named)
        return replace(model, plain=replace(model.plain, yes=model.plain.yes.scaled(1.0, 0.01)))

    monkeypatch.setattr(training, "fit_model", swapped)
    wrong = training.train(examples, seed=3, name="wrong", tell=str)
    assert not wrong.may_release
    assert any("plain arrays" in sentence for sentence in wrong.against)
