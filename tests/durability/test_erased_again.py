"""Who erased their account stays erased: an older backup that is put back knows them, and then does not any more."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from matcher.accounts.models import User
from matcher.accounts.services import add_user
from matcher.cli import main
from matcher.db import Database
from matcher.ledger import LEDGER, ErasedPerson, note_erased, noted
from tests.durability.test_backup import empty_url
from tests.factories import NOW
from tests.matching.canaries import EMAIL, NAME, PHONE, TOKEN, hits, make_canary

__all__ = ["empty_url"]


def test_restore_of_an_older_backup_erases_again(
    database: Database, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    def run(*arguments: str, var: str = "var", url: str = database_url) -> Result:
        env = {"MATCHER_VAR": str(tmp_path / var), "MATCHER_DATABASE_URL": url}
        return CliRunner().invoke(main, arguments, env=env)

    with database.write() as session:
        canary = make_canary(session)
    before, after = str(tmp_path / "before.backup"), str(tmp_path / "after.backup")
    assert run("backup", before).exit_code == 0
    assert "nothing was done" in run("erase", EMAIL).output
    done = run("erase", EMAIL, "--yes")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "erased"), done.output
    assert run("erase", EMAIL, "--yes").exit_code == 2
    if database.is_sqlite:
        assert run("backup", after).exit_code == 0

    # On an empty machine the newest backup brings the list along; on it the older one is put back.
    if database.is_sqlite:
        assert run("restore", after, var="other", url=empty_url).exit_code == 0
    else:
        note_erased(tmp_path / "other", noted(tmp_path / "var"))
    assert [person.user_id for person in noted(tmp_path / "other")] == [canary.user_id]
    back = run("restore", before, "--force", var="other", url=empty_url)
    assert back.exit_code == 0, back.output
    assert "erased again: 1 accounts" in back.output
    assert "every promise is kept" in back.output
    restored = Database(empty_url)
    try:
        with restored.read() as session:
            assert hits(session, (TOKEN, EMAIL, PHONE, NAME)) == []
            assert session.get_one(User, canary.user_id).erased_at is not None
            assert session.scalars(select(User).where(User.erased_at.is_(None))).first() is not None
        with restored.write() as session:
            assert add_user(session, email=EMAIL, name=NAME, now=NOW).id != canary.user_id
    finally:
        restored.dispose()


def test_list_survives_a_torn_line_and_says_everybody_once(tmp_path: Path) -> None:
    anna, bob = (ErasedPerson(number, f"2026-11-0{number}T08:00:00+00:00", NOW.isoformat()) for number in (1, 2))
    assert note_erased(tmp_path, [anna]) == 1
    with (tmp_path / LEDGER).open("a") as file:
        file.write('{"user_id": 9, "crea')
    assert note_erased(tmp_path, [anna, bob]) == 1
    assert note_erased(tmp_path, [anna, bob]) == 0
    assert noted(tmp_path) == [anna, bob]
    assert (tmp_path / LEDGER).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", ["", "[]", "nonsense", json.dumps({"user_id": "x"}), json.dumps({"user_id": 1})])
def test_what_is_no_line_says_nothing(tmp_path: Path, line: str) -> None:
    (tmp_path / LEDGER).write_text(line + "\n")
    found: list[Any] = noted(tmp_path)
    assert found == []


def test_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert note_erased(tmp_path / "file", [ErasedPerson(1, NOW.isoformat(), NOW.isoformat())]) == 0
