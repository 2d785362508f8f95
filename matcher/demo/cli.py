"""`matcher demo`: a generated world with a web server and a worker, ready to be walked through."""

import json
import resource
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import make_url

from matcher.accounts.passwords import Passwords
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.demo import queries
from matcher.demo.bulk.services import Plan, Progress, generate_large
from matcher.demo.ranking_services import rank_open_requests
from matcher.demo.services import generate
from matcher.demo.serving import check_port, serve
from matcher.demo.sizes import BULK_SIZES, SIZES
from matcher.errors import ConfigurationError
from matcher.migrate import upgrade

PORT = 8000
PASSWORD = "matcher-demo-2026"  # noqa: S105  (of generated people only; the command refuses a database with others)


def register(group: click.Group) -> None:
    group.add_command(demo)


@click.command()
@click.option(
    "--size",
    type=click.Choice(sorted([*SIZES, *BULK_SIZES])),
    default="town",
    show_default=True,
    help="How large a world.",
)
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
    database = Database(settings.database_url, host=settings.host)
    now, began = utcnow(), time.monotonic()
    try:
        made = _world_of(database, settings, size, now, quiet)
        rank_open_requests(database, now=now)
        with database.read() as session:
            counts = queries.summary(session, now=now)
    finally:
        database.dispose()
    told = [account | {"password": PASSWORD} for account in queries.accounts()]
    cost = {
        "seconds": round(time.monotonic() - began, 1),
        "memory_mb": _most_memory_mb(),
        "database_mb": _database_mb(settings.database_url),
    }
    return {**counts, "url": settings.base_url, "accounts": told, "made_at": made.isoformat(), **cost}


def _most_memory_mb() -> int:
    """The most this process ever held; macOS counts in bytes, Linux in kilobytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1024 * 1024 if sys.platform == "darwin" else 1024))


def _database_mb(url: str) -> float | None:
    """The size of the file, log included; another engine keeps its own."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    files = [Path(parsed.database), Path(f"{parsed.database}-wal")]
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6, 1)


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
        if size in BULK_SIZES:
            told = _progress(quiet)
            generate_large(
                session, Plan(BULK_SIZES[size], now, kept, reference_data=settings.reference_data, tell=told)
            )
        else:
            generate(session, size=SIZES[size], now=now, password_hash=kept, reference_data=settings.reference_data)
    return now


def _progress(quiet: bool) -> Progress:
    """Lines for whoever waits: what is being made, how many there are, and how many a second."""
    began = time.monotonic()

    def tell(what: str, done: int, wanted: int) -> None:
        seconds = time.monotonic() - began
        rate = f", {done / seconds:,.0f} a second" if done > 1 and seconds > 1 else ""
        _say(f"  {seconds:6.0f} s  {what}: {done:,} of {wanted:,}{rate}", quiet)

    return tell


def _say(text: str, quiet: bool) -> None:
    click.echo(text, err=quiet)


def _show(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    click.echo(
        f"\nA generated world, made {report['made_at'][:16].replace('T', ' ')} UTC, ready in {report['seconds']} s"
        f" with {report['memory_mb']} MB of memory."
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
