"""The command line: exit codes, one sentence for a refusal, a database that makes itself."""

import json
import threading
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from matcher.cli import main
from matcher.config import Settings
from matcher.errors import InvalidInput
from matcher.jobs.queue import open_file
from matcher.worker import work_forever
from tests.factories import NOW

KEY = "k" * 40


def run(folder: Path, *arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"MATCHER_VAR": str(folder), **variables})


def test_status_of_nothing_makes_a_database(tmp_path: Path) -> None:
    done = run(tmp_path / "new", "status", "--json")
    report = json.loads(done.output)
    assert done.exit_code == 0, done.output
    assert report["schema"] == report["newest_schema"]
    assert report["counts"]["users"] == 0
    assert report["oldest_unsent_notice"] is None


def test_status_before_the_holidays_run_out_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.standing.ends_soon", lambda today: True)
    done = run(tmp_path, "status")
    assert done.exit_code == 1
    assert "warning: school holidays" in done.output


def test_work_without_key_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "work", "--once")
    assert done.exit_code == 2
    assert "MATCHER_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.output


def test_work_once_ends(tmp_path: Path) -> None:
    assert run(tmp_path, "work", "--once", MATCHER_SECRET_KEY=KEY).exit_code == 0


def test_work_stops_when_asked(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    work_forever(Settings(var=tmp_path, secret_key=KEY), stop)


def test_job_signed_by_somebody_else_is_not_run(tmp_path: Path) -> None:
    ours, theirs = (open_file(tmp_path / "jobs.sqlite3", key) for key in (KEY, "x" * 40))
    done: list[str] = []
    ours.offer("greet", lambda **values: done.append(values["who"]))
    theirs.put("greet", now=NOW, who="stranger")
    ours.put("greet", now=NOW, who="friend")
    with pytest.raises(ValueError, match="mismatch"):
        ours.do_next()
    assert ours.do_next()
    assert (done, ours.do_next()) == (["friend"], False)


@pytest.mark.parametrize("arguments", [["nonsense"], ["status", "--nonsense"], ["work", "extra"]])
def test_wrong_use_is_exit_code_two(tmp_path: Path, arguments: list[str]) -> None:
    assert run(tmp_path, *arguments).exit_code == 2


def test_refusal_of_a_room_is_exit_code_two(tmp_path: Path) -> None:
    @click.command("refuses")
    def refuses() -> None:
        raise InvalidInput("this file is empty")

    main.add_command(refuses)
    try:
        done = run(tmp_path, "refuses")
    finally:
        main.commands.pop("refuses")
    assert (done.exit_code, done.stderr) == (2, "Error: this file is empty\n")
