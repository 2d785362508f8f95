"""`matcher demo` as its users call it: once, twice, as JSON, and on a database of other people."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from matcher import create_app
from matcher.cli import main
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.demo.serving import check_port
from matcher.errors import ConfigurationError
from matcher.migrate import upgrade
from tests.factories.people import make_user


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "SECRET_KEY", "MAIL_URL", "REFERENCE_DATA", "BASE_URL", "LIMITS_URL"):
        monkeypatch.delenv(f"MATCHER_{name}", raising=False)
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path / "var"))
    return tmp_path / "var"


def run(*args: str):
    return CliRunner().invoke(main, ["demo", "--once", "--size", "hamlet", *args], catch_exceptions=False)


def test_demo_prints_only_json_and_the_accounts_sign_in(var: Path) -> None:
    first = run("--json")
    assert first.exit_code == 0
    told = json.loads(first.stdout)
    assert {"requests", "open_request_ids", "professionals", "suggestions", "matches", "url", "accounts"} <= set(told)
    assert [account["email"].partition("@")[0] for account in told["accounts"]] == [
        "teacher", "lead", "professional", "contact", "coordinator", "admin",
    ]  # fmt: skip
    again = json.loads(run("--json").stdout)
    assert again["made_at"] == told["made_at"]
    assert again["matches"] == told["matches"]
    assert again["suggestions"] == told["suggestions"]
    _signs_in(told["accounts"])
    summary = run()
    assert "teacher@demo.example" in summary.stdout
    assert told["accounts"][0]["password"] in summary.stdout


def _signs_in(accounts: list[dict[str, str]]) -> None:
    app = create_app(Settings.from_env(demo=True))
    app.config["WTF_CSRF_ENABLED"] = False
    for account in accounts:
        client = app.test_client()
        answer = client.post("/accounts/sign-in", data={"email": account["email"], "password": account["password"]})
        assert answer.status_code in (302, 303), account
        page = client.get(answer.location, follow_redirects=True)
        assert page.status_code == 200, account
        assert "sign-in" not in page.request.path, account


def test_demo_refuses_a_database_with_other_people(var: Path) -> None:
    settings = Settings.from_env(demo=True)
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    with database.write() as session:
        make_user(session, created_at=utcnow())
    database.dispose()
    refused = run("--json")
    assert refused.exit_code == 2
    assert "not generated" in refused.stderr
    assert refused.stdout == ""


def test_port_in_use_is_refused() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigurationError, match="--port"):
            check_port(other.getsockname()[1])
