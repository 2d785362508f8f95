"""`matcher demo`: a generated world with a web server and a worker, ready to be walked through."""

import json
import sys
import time
from datetime import datetime
from typing import Any

import click

from matcher.accounts.passwords import Passwords
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.demo import queries
from matcher.demo.ranking_services import rank_open_requests
from matcher.demo.services import generate
from matcher.demo.serving import check_port, serve
from matcher.demo.sizes import SIZES
from matcher.errors import ConfigurationError
from matcher.migrate import upgrade

PORT = 8000
PASSWORD = "matcher-demo-2026"  # noqa: S105  (of generated people only; the command refuses a database with others)


def register(group: click.Group) -> None:
    group.add_command(demo)


@click.command()
@click.option("--size", type=click.Choice(sorted(SIZES)), default="town", show_default=True, help="How large a world.")
@click.option("--once", is_flag=True, help="End after the summary.")
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def demo(size: str, once: bool, port: int, as_json: bool) -> None:
    """A running demonstration in a generated world. A second start uses the world of the first."""
    if not once:
        check_port(port)
    settings = Settings.from_env(demo=True, base_url=f"http://127.0.0.1:{port}")
    report = _prepare(settings, size, quiet=as_json)
    _show(report, as_json=as_json)
    if not once:
        sys.exit(serve(settings, port=port, ready=lambda: _say(f"Serving {report['url']} – Ctrl-C ends it.", as_json)))


def _prepare(settings: Settings, size: str, *, quiet: bool) -> dict[str, Any]:
    """Everything up to the summary; each step says how long it took."""
    settings.require_secret()
    settings.mail_folder.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    database, now, began = Database(settings.database_url), utcnow(), time.monotonic()
    try:
        made = _world_of(database, settings, size, now, quiet)
        rank_open_requests(database, now=now)
        with database.read() as session:
            counts = queries.summary(session, now=now)
    finally:
        database.dispose()
    told = [account | {"password": PASSWORD} for account in queries.accounts()]
    seconds = round(time.monotonic() - began, 1)
    return {**counts, "url": settings.base_url, "accounts": told, "made_at": made.isoformat(), "seconds": seconds}


def _world_of(database: Database, settings: Settings, size: str, now: datetime, quiet: bool) -> datetime:
    """The world that is there, or a new one. Raises ConfigurationError for a database of other people."""
    with database.read() as session:
        made = queries.made_at(session)
        if made is None and queries.is_lived_in(session):
            raise ConfigurationError(
                "This database has people in it who were not generated. Choose another MATCHER_VAR."
            )
    if made is not None:
        return made
    _say(f"Making the world ({size}) …", quiet)
    kept = Passwords(cheap=settings.testing).hash(PASSWORD)
    with database.write() as session:
        generate(session, size=SIZES[size], now=now, password_hash=kept, reference_data=settings.reference_data)
    return now


def _say(text: str, quiet: bool) -> None:
    click.echo(text, err=quiet)


def _show(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    click.echo(
        f"\nA generated world, made {report['made_at'][:16].replace('T', ' ')} UTC, ready in {report['seconds']} s."
    )
    rows = {
        "schools": report["schools"],
        "professionals": report["professionals"],
        "requests": report["requests"],
        "of these open": len(report["open_request_ids"]),
        "suggestions": report["suggestions"],
        **{f"matches {state}": count for state, count in report["matches"].items() if count},
    }
    for name, count in rows.items():
        click.echo(f"  {name:<22}{count:>8}")
    click.echo(f"\nSign in at {report['url']} with the password {PASSWORD}")
    for account in report["accounts"]:
        click.echo(f"  {account['role']:<22}{account['email']}")
    click.echo("Everybody else of this world signs in the same way: first.last@demo.example\n")
