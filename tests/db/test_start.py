"""Starting where something is wrong: a sentence in both languages with what to do, an exit code, no new database."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from matcher import db
from matcher.cli import main
from matcher.faults import WHAT_TO_DO, Fault, fault_of
from matcher.i18n import LOCALES, in_locale
from tests.house.code import ROOT
from tests.machines import for_reading_only, small_disk

pytestmark = pytest.mark.usefixtures("real_disk")
Place = Callable[[ExitStack, Path], str]


def missing(stack: ExitStack, folder: Path) -> str:
    return f"sqlite:///{folder}/not/mounted/matcher.db"


def full(stack: ExitStack, folder: Path) -> str:
    return f"sqlite:///{stack.enter_context(small_disk(folder / 'disk', '64k'))}/matcher.db"


def read_only(stack: ExitStack, folder: Path) -> str:
    disk = stack.enter_context(small_disk(folder / "disk", "1m"))
    sqlite3.connect(disk / "matcher.db").close()
    for_reading_only(disk)
    return f"sqlite:///{disk}/matcher.db"


def held(stack: ExitStack, folder: Path) -> str:
    other = sqlite3.connect(folder / "matcher.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    stack.callback(other.close)
    return f"sqlite:///{folder}/matcher.db"


def damaged(stack: ExitStack, folder: Path) -> str:
    (folder / "matcher.db").write_bytes(b"This is not what you think it is. " * 200)
    return f"sqlite:///{folder}/matcher.db"


def away(stack: ExitStack, folder: Path) -> str:
    return f"postgresql+psycopg://postgres@/matcher?host={folder}"


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (missing, Fault.MISSING),
        (full, Fault.FULL),
        (read_only, Fault.READ_ONLY),
        (held, Fault.LOCKED),
        (damaged, Fault.DAMAGED),
        (away, Fault.UNREACHABLE),
    ],
)
def test_start_says_what_to_do(place: Place, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "SQLITE_BUSY_MS", 200)
    with ExitStack() as stack:
        url = place(stack, tmp_path)
        before = sizes(tmp_path)
        done = started(url, tmp_path)
        assert done.exit_code not in {0, 1}, done.output
        for locale in LOCALES:
            with in_locale(locale):
                assert str(WHAT_TO_DO[fault]) in done.output
        assert "Traceback" not in done.output
        assert not begun_anew(before, sizes(tmp_path))


def started(url: str, folder: Path) -> Result:
    environment = {"MATCHER_DATABASE_URL": url, "MATCHER_VAR": str(folder), "MATCHER_SECRET_KEY": "k" * 40}
    return CliRunner().invoke(main, ["status"], env=environment)


def sizes(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in folder.rglob("*.db")}


def begun_anew(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Databases with something in them that were not there before."""
    return [name for name, size in after.items() if size and not before.get(name)]


def test_server_does_not_start_without_its_database(tmp_path: Path) -> None:
    environment = os.environ | {
        "MATCHER_DATABASE_URL": f"sqlite:///{tmp_path}/not/mounted/matcher.db",
        "MATCHER_VAR": str(tmp_path),
        "MATCHER_SECRET_KEY": "k" * 40,
    }
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert str(WHAT_TO_DO[Fault.MISSING]) in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "not").exists()


def test_first_start_makes_its_own_folder_and_database(tmp_path: Path) -> None:
    """The control: nothing is wrong, so there is a database afterwards."""
    assert started(f"sqlite:///{tmp_path}/var/matcher.db", tmp_path / "var").exit_code in {0, 1}
    assert begun_anew({}, sizes(tmp_path))


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ("53100", Fault.FULL),
        ("25006", Fault.READ_ONLY),
        ("53300", Fault.TOO_MANY),
        ("57P01", Fault.UNREACHABLE),
        ("57P03", Fault.UNREACHABLE),
        ("57014", Fault.LOCKED),
        ("08006", Fault.UNREACHABLE),
        ("XX001", Fault.DAMAGED),
        ("23505", None),
    ],
)
def test_what_the_server_says_is_understood(state: str, fault: Fault | None) -> None:
    class Said(Exception):
        sqlstate = state

    assert fault_of(Said("words")) is fault
