"""The command `matcher import schools`. Exit codes: 0 done, 2 wrong use or input."""

import sys
from pathlib import Path

import click

from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.migrate import upgrade
from matcher.organisations.importer import Report, import_schools
from matcher.organisations.register import Register, read_register
from matcher.regions.services import seed_regions

SHOWN_REFUSALS = 50


def register(main: click.Group) -> None:
    """Add this room's commands to `matcher`."""
    main.add_command(imports)


@click.group(name="import")
def imports() -> None:
    """Bring in files of others: all or nothing, safe to repeat."""


@imports.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
def schools(file: Path, dry_run: bool) -> None:
    """School locations from DUO's files (primary, secondary, special), or the joined file with coordinates."""
    found = read_register(file.read_bytes())
    report = _written(found, dry_run=dry_run)
    for name in ("new", "changed", "unchanged"):
        click.echo(f"{name}: {getattr(report, name)}")
    click.echo(f"refused: {len(report.refused)}")
    if report.repeated:
        click.echo(f"left out because an earlier row is the same location: {report.repeated}")
    if report.boards:
        click.echo(f"new school boards: {report.boards}")
    if report.refused:
        _say_refusals(report)
        sys.exit(2)
    if dry_run:
        click.echo("Dry run: nothing was written.")


def _written(found: Register, *, dry_run: bool) -> Report:
    settings = Settings.from_env()
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        with database.session(write=True) as session:
            now = utcnow()
            seed_regions(session, now)
            report = import_schools(session, found, now=now)
            if dry_run or report.refused:
                session.rollback()
            else:
                session.commit()
    finally:
        database.dispose()
    return report


def _say_refusals(report: Report) -> None:
    for refusal in report.refused[:SHOWN_REFUSALS]:
        click.echo(f"  {refusal}", err=True)
    more = len(report.refused) - SHOWN_REFUSALS
    if more > 0:
        click.echo(f"  and {more} more", err=True)
    click.echo("Nothing was written: put these rows right, or take them out, and try again.", err=True)
