"""The released model ranks; whatever is wrong with it the written rule does, and nobody sees an error."""

import json
import os
import pickle
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.jobs.models import JobRun
from matcher.matching import running_ranker
from matcher.matching.model_models import ModelState, ModelVersion
from matcher.matching.model_queries import ranker_for, running, serve_models
from matcher.matching.model_services import drop_running, keep_version, release_version
from matcher.matching.running_ranker import RULE
from matcher.matching.suggestion_models import SuggestionRun
from matcher.ranking.baseline import Ranked
from matcher.ranking.facts import WIDTH, FactsBatch
from matcher.ranking.store import MOST_BYTES
from tests.matching.fitted import copied, rewritten, save_small
from tests.matching.lives import make_life

BOTH = (".skops", ".json")
CUTS = [number / 50 for number in range(50)]


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writing takes seconds, so it is done once."""
    folder = tmp_path_factory.mktemp("models")
    save_small(folder)
    return folder


class Service:
    """The application with a released model, and somebody who asks it who fits."""

    def __init__(self, app: Flask, saved: Path) -> None:
        self.saved = saved
        self.database = database = app.extensions["matcher_db"]
        self.folder = app.extensions["matcher_settings"].models_folder
        with database.write() as session:
            life = make_life(session)
            token = open_session(session, user_id=life.teacher.id, agent="test", now=utcnow())
            self.request_id = life.request.id
            # A worker did its work: what is degraded here is the model.
            session.add(JobRun(name="notices", next_due_at=utcnow() + timedelta(days=1), counts={}))
        self.client: FlaskClient = app.test_client()
        with self.client.session_transaction() as cookie:
            cookie["_user_id"] = token

    def keep(self, version: str, state: ModelState = ModelState.RELEASED) -> str:
        found = copied(self.saved, self.folder, version)
        with self.database.write() as session:
            keep_version(session, version=version, file_hash=found, card={}, state=state, note="", now=utcnow())
        return found

    def expect(self, version: str, file_hash: str) -> None:
        with self.database.write() as session:
            row = session.scalars(select(ModelVersion).where(ModelVersion.version == version)).one()
            row.file_hash = file_hash

    def ranked_by(self) -> str:
        """Ask for a new list, read the page, and say which ranking made it."""
        assert self.client.post(f"/requests/{self.request_id}/search").status_code == 302
        assert self.client.get(f"/requests/{self.request_id}").status_code == 200
        with self.database.read() as session:
            query = select(SuggestionRun.model).order_by(SuggestionRun.id.desc()).limit(1)
            return session.scalars(query).one()

    def health(self) -> dict[str, str]:
        """What it says of all and of the ranking; the other figures have tests of their own."""
        answer = self.client.get("/healthz")
        assert answer.status_code == 200
        found: dict[str, str] = answer.get_json()
        return {name: found[name] for name in ("status", "ranking")}


@pytest.fixture
def service(app: Flask, saved: Path) -> Service:
    return Service(app, saved)


def test_released_model_ranks_and_a_dropped_one_does_not(service: Service) -> None:
    assert service.ranked_by() == RULE.name
    service.keep("a")
    assert service.ranked_by() == "a"
    service.keep("b", ModelState.CANDIDATE)
    assert service.ranked_by() == "a"
    with service.database.write() as session:
        release_version(session, "b", reason="better", now=utcnow())
    assert service.ranked_by() == "b"
    with service.database.write() as session:
        release_version(session, "a", reason="back", now=utcnow())
        assert [row.state for row in session.scalars(select(ModelVersion).order_by(ModelVersion.version))] == [
            ModelState.RELEASED, ModelState.CANDIDATE,
        ]  # fmt: skip
    assert service.ranked_by() == "a"
    with service.database.write() as session:
        drop_running(session, reason="enough", now=utcnow())
    assert (service.ranked_by(), service.health()) == (RULE.name, {"status": "ok", "ranking": RULE.name})


Fault = Callable[[Service, Path], object]


def _named(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Fault:
    """A file that is whole in itself and has the hash that is expected, and yet is no model of ours."""
    return lambda service, path: service.expect("a", rewritten(path.parent, "a", change))


def _with_hash(content: bytes) -> Fault:
    def put(service: Service, path: Path) -> None:
        path.write_bytes(content)
        card = path.with_suffix(".json")
        told = json.loads(card.read_text()) | {"file_hash": sha256(content).hexdigest()}
        card.write_text(json.dumps(told))
        service.expect("a", told["file_hash"])

    return put


def _flipped(share: float) -> Fault:
    def flip(_service: Service, path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(share * (len(content) - 1))] ^= 0x10
        path.write_bytes(bytes(content))

    return flip


def _sparse(_service: Service, path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2 * 1024**3)


def _folder_in_its_place(_service: Service, path: Path) -> None:
    path.unlink()
    path.mkdir()


class _Hostile:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, ("canary",)


def _nan(_told: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["yes_heights"] = np.full(max(1, len(arrays["yes_heights"])), np.nan)
    arrays["yes_bias"] = np.array([np.nan])


FAULTS: dict[str, Fault] = {
    "missing": lambda _service, path: path.unlink(),
    "no card": lambda _service, path: path.with_suffix(".json").unlink(),
    "cut card": lambda _service, path: path.with_suffix(".json").write_text("{"),
    "empty": lambda _service, path: path.write_bytes(b""),
    "wrong hash": lambda service, _path: service.expect("a", "0" * 64),
    "other library": _named(lambda told, _arrays: told["libraries"].update({"scikit-learn": "0.1"})),
    "other facts": _named(lambda told, _arrays: told.update(fingerprint="0" * 64)),
    "other version": _named(lambda told, _arrays: told.update(version="b")),
    "numbers that are none": _named(_nan),
    "wrong width": _named(lambda _told, arrays: arrays.update(typical=np.zeros(WIDTH - 1))),
    "texts for numbers": _named(lambda _told, arrays: arrays.update(typical=np.array(["x"] * WIDTH))),
    "unreadable": _folder_in_its_place,
    "two gigabytes of nothing": _sparse,
    "larger than allowed": lambda _service, path: path.write_bytes(b"\0" * (MOST_BYTES + 1)),
    "a pickle": _with_hash(pickle.dumps(_Hostile())),
    "no zip": _with_hash(b"PK\x03\x04 not really"),
    **{f"flipped at {share:.2f}": _flipped(share) for share in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)},
}


def test_any_fault_of_the_file_makes_the_rule_rank_until_it_is_mended(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = service.keep("a")
    path = service.folder / "a.skops"
    for name, fault in FAULTS.items():
        assert service.health() == {"status": "ok", "ranking": "a"}, name
        fault(service, path)
        began = time.process_time()
        assert service.health() == {"status": "degraded", "ranking": RULE.name}, name
        assert time.process_time() - began < 1, name
        assert service.ranked_by() == RULE.name, name
        assert not Path("canary").exists(), name
        if path.is_dir():
            path.rmdir()
        copied(service.saved, service.folder, "a")
        service.expect("a", whole)
        assert service.ranked_by() == "a", name


def test_cut_anywhere_it_is_refused(service: Service) -> None:
    service.keep("a")
    path = service.folder / "a.skops"
    content = path.read_bytes()
    for share in CUTS:
        path.write_bytes(content[: int(share * len(content))])
        assert service.health()["status"] == "degraded", share
    path.write_bytes(content)
    assert service.health()["status"] == "ok"


def test_status_says_what_to_do(service: Service) -> None:
    service.keep("a")
    assert "geleerd van antwoorden" in service.client.get("/status").text
    (service.folder / "a.skops").unlink()
    told = "bedacht door mensen, omdat de geleerde volgorde nu niet te gebruiken is"
    assert told in service.client.get("/status").text
    with service.database.read() as session:
        found = running(session)
    assert (found.is_degraded, found.name, found.version) == (True, RULE.name, "a")
    assert found.fault is not None
    assert found.fault.code == "missing"


class _Breaks:
    """A model that does well when it is tried, and not when three people are ranked."""

    name = "a"

    def __init__(self, model: Any, chances: Any, parts: Any) -> None:
        self._model, self._chances, self._parts = model, chances, parts

    def rank(self, batch: FactsBatch) -> Ranked:
        if len(batch) != 3:
            found: Ranked = self._model.rank(batch)
            return found
        if not len(self._chances):
            raise MemoryError
        return Ranked(self._chances, {"near": self._parts})


@pytest.mark.parametrize(
    ("chances", "parts", "order_stands"),
    [
        ([], [0.0, 0.0, 0.0], False),
        ([0.1, float("nan"), 0.2], [0.0, 0.0, 0.0], False),
        ([0.1, 1.2, 0.3], [0.0, 0.0, 0.0], False),
        ([0.1, 0.2, 0.3], [0.0, float("nan"), 0.0], True),
        ([0.1, 0.2, 0.3], [0.0], True),
    ],
)
def test_model_that_fails_while_ranking_is_not_asked_again(
    service: Service, monkeypatch: pytest.MonkeyPatch, chances: list[float], parts: list[float], order_stands: bool
) -> None:
    load = running_ranker.load_model
    monkeypatch.setattr(
        running_ranker, "load_model", lambda *args: _Breaks(load(*args), np.array(chances), np.array(parts))
    )
    service.keep("a")
    batch = FactsBatch(np.zeros((3, WIDTH)))
    with service.database.read() as session:
        asked = ranker_for(session)
        assert asked.name == "a"
        ranked = asked.rank(batch)
        assert ranked.of_row(0) == RULE.rank(batch).of_row(0)
        assert (ranked.scores.tolist() == RULE.rank(batch).scores.tolist()) is not order_stands
        assert (asked.name == "a") is order_stands
        assert running(session).is_degraded
    os.utime(service.folder / "a.skops")
    with service.database.read() as session:
        assert ranker_for(session).name == "a"


def test_process_that_was_told_no_folder_ranks_by_the_rule(service: Service, sqlite_database: Database) -> None:
    service.keep("a")
    plain = Database(str(sqlite_database.engine.url))
    with plain.read() as session:
        assert ranker_for(session) is RULE
    serve_models(plain, service.folder)
    with plain.read() as session:
        assert ranker_for(session).name == "a"
    plain.dispose()
