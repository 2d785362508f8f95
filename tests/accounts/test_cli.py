"""`matcher user add`."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from matcher.accounts.models import Grant, User
from matcher.accounts.passwords import Passwords
from matcher.cli import main
from matcher.db import Database
from matcher.migrate import upgrade
from tests.factories.people import make_region, make_school


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"sqlite:///{tmp_path / 'cli.db'}"
    monkeypatch.setenv("MATCHER_DATABASE_URL", address)
    monkeypatch.setenv("MATCHER_SECRET_KEY", "k" * 40)
    return address


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["user", "add", *words])


def test_first_administrator_gets_a_link(url: str) -> None:
    done = run("--email", "a@demo.example", "--name", "Ada", "--role", "administrator")
    assert done.exit_code == 0, done.output
    assert re.search(r"http://127\.0\.0\.1:8000/accounts/link/[\w-]{43}$", done.output.strip())
    database = Database(url)
    with database.read() as session:
        grant = session.scalars(select(Grant)).one()
        assert (grant.role.value, grant.confirmed_at is not None) == ("administrator", True)
    database.dispose()


def test_password_is_kept_as_a_hash(url: str) -> None:
    done = run("--email", "a@demo.example", "--name", "Ada", "--role", "administrator", "--password", "zes rode daken")
    assert done.exit_code == 0, done.output
    assert "link" not in done.output
    database = Database(url)
    with database.read() as session:
        kept = session.scalars(select(User.password_hash)).one()
    database.dispose()
    assert Passwords().fits(kept, "zes rode daken")


def test_second_role_goes_to_the_same_person(url: str) -> None:
    upgrade(url)
    database = Database(url)
    with database.write() as session:
        make_region(session)
        school = make_school(session)
    person = ("--email", "a@demo.example", "--name", "Ada")
    assert run(*person, "--role", "coordinator", "--region", "noord-brabant").exit_code == 0
    assert run(*person, "--role", "teacher", "--organisation", str(school.id)).exit_code == 0
    with database.read() as session:
        assert len(session.scalars(select(User)).all()) == 1
        assert len(session.scalars(select(Grant)).all()) == 2
    database.dispose()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--role", "coordinator"), "needs --region"),
        (("--role", "teacher"), "needs --organisation"),
        (("--role", "administrator", "--organisation", "1"), "does not go with"),
        (("--role", "coordinator", "--region", "atlantis"), "no region with code atlantis"),
        (("--role", "teacher", "--organisation", "999"), "no such organisation"),
        (("--role", "administrator", "--password", "kort"), "at least 10 characters"),
        (("--role", "boss"), "Invalid value"),
    ],
)
def test_wrong_use_gets_its_sentence(url: str, words: tuple[str, ...], sentence: str) -> None:
    done = run("--email", "a@demo.example", "--name", "Ada", *words)
    assert done.exit_code == 2
    assert sentence in done.output


def test_malformed_address_gets_its_sentence(url: str) -> None:
    done = run("--email", "nonsense", "--name", "Ada", "--role", "administrator")
    assert (done.exit_code, "not a mail address" in done.output) == (2, True)
