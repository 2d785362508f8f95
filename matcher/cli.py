"""The `matcher` command: gathers the rooms' commands and adds what belongs to no room.

Exit codes: 0 done, 1 findings, 2 wrong use or input. Messages are English.
"""

import json
import sys
from pathlib import Path
from typing import Any

import click

import matcher
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.errors import MatcherError

WRONG_USE = 2
FINDINGS = 1


class Commands(click.Group):
    """A refusal is one sentence on stderr and exit code 2, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MatcherError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(WRONG_USE)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="matcher")
def main() -> None:
    """Matcher brings schools and working people together."""


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """How the installation is doing: database, counts, waiting notices, regular work, disk, holiday data."""
    from matcher.standing import standing

    report = standing(Settings.from_env())
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        for line in _lines(report):
            click.echo(line)
    sys.exit(FINDINGS if report["warnings"] else 0)


@main.command()
@click.option("--once", is_flag=True, help="Do what is due now and stop.")
def work(once: bool) -> None:
    """Send what is due and do the regular work, until stopped."""
    from matcher.worker import work_forever, work_once

    settings = Settings.from_env()
    if once:
        for name, count in work_once(settings).items():
            click.echo(f"{name}: {count}")
    else:
        work_forever(settings)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace FILE when it is already there.")
@click.option(
    "--check", "trying", is_flag=True, help="Make nothing: restore FILE into a place of its own and check it."
)
def backup(file: Path, force: bool, trying: bool) -> None:
    """Write the database and the models to FILE while the service runs; no secrets."""
    from matcher.backup import back_up
    from matcher.restore import try_out

    settings = Settings.from_env()
    if trying:
        _told(f"{file} works", try_out(settings, file.absolute(), check=_promises))
        return
    made = back_up(settings, file.absolute(), force=force, now=utcnow())
    size, models = file.stat().st_size, sum(part.name.startswith("models/") for part in made.parts)
    click.echo(f"{file}: {made.engine} of shape {made.revision}, {models} model files, {size} bytes")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Put a database with people in it aside.")
def restore(file: Path, force: bool) -> None:
    """Put the backup FILE in place. Stop web and worker first. Who erased their account since is erased again."""
    from matcher.restore import restore as put_back

    settings, erasing = Settings.from_env(), _erasing()
    done = put_back(settings, file.absolute(), check=_promises, erasing=erasing, force=force, now=utcnow())
    _told("restored", done)


def _erasing() -> Any:
    from matcher.matching.erasing_queries import came_back, erased_people
    from matcher.matching.erasing_services import erase_account
    from matcher.restore import Erasing

    def known(database: Database) -> Any:
        with database.read() as session:
            return erased_people(session)

    def again(database: Database, people: Any) -> int:
        with database.read() as session:
            found = came_back(session, people)
        for user_id in found:
            erase_account(user_id, look=database.read, opened=database.write, now=utcnow(), anyway=True)
        return len(found)

    return Erasing(known, again)


def _promises(database: Database) -> list[str]:
    from matcher.matching.fsck_queries import look

    with database.read() as session:
        return [f"{each.name}: {each.says}" for each in look(session)]


def _told(what: str, done: Any) -> None:
    """What a restore did; exit code 1 when a promise is broken."""
    click.echo(f"{what}: backup of {done.contents.made_at}, {done.contents.engine} of shape {done.contents.revision}")
    if done.upgraded:
        click.echo("upgraded to the newest shape")
    if done.erased:
        click.echo(f"erased again: {done.erased} accounts")
    for aside in done.put_aside:
        click.echo(f"put aside: {aside}")
    for finding in done.findings:
        click.echo(f"finding: {finding}")
    click.echo("fsck: " + (f"{len(done.findings)} findings" if done.findings else "every promise is kept"))
    sys.exit(FINDINGS if done.findings else 0)


def _lines(report: dict[str, Any]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in report.items() if name not in {"counts", "jobs", "warnings"}]
    lines += [f"{name}: {_job(job)}" for name, job in report["jobs"].items()]
    lines += [f"{name}: {count}" for name, count in report["counts"].items()]
    return lines + [f"warning: {warning}" for warning in report["warnings"]]


def _job(job: dict[str, Any]) -> str:
    if job["finished_at"] is None:
        return f"not yet, due {job['next_due_at']}"
    counts = ", ".join(f"{count} {what}" for what, count in job["counts"].items())
    return f"{job['outcome']} {job['age_seconds']} s ago{f' ({counts})' if counts else ''}"


def _gather() -> None:
    """Each room's `cli.py` offers `register(group)`."""
    for room in (*matcher.ROOMS, "demo"):
        module = matcher.import_if_there(f"matcher.{room}.cli")
        if module is not None:
            module.register(main)


_gather()
