"""The commands `matcher import schools|postcodes|occupations`. Exit codes: 0 done, 2 wrong use or input."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.migrate import upgrade
from matcher.organisations.esco import read_jobs
from matcher.organisations.importer import Report, import_schools
from matcher.organisations.occupations_importer import import_occupations
from matcher.organisations.outcomes import ImportReport
from matcher.organisations.postcodes_importer import import_postcodes, read_postcodes
from matcher.organisations.register import read_register
from matcher.organisations.sources_cli import Source, file_or_download, sources
from matcher.regions.services import seed_regions

SHOWN_REFUSALS = 50


def register(main: click.Group) -> None:
    """Add this room's commands to `matcher`."""
    main.add_command(imports)


@click.group(name="import")
def imports() -> None:
    """Bring in files of others: all or nothing, safe to repeat."""


@imports.command()
@file_or_download
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
def schools(file: Path | None, download: bool, dry_run: bool) -> None:
    """School locations from DUO's files (primary, secondary, special), or the joined file with coordinates.

    MATCHER_SOURCE_SCHOOLS may hold several addresses, one per sector.
    """
    settings = Settings.from_env()
    if file is not None and not download:
        # A file that cannot be read is refused before a database is made for it.
        read_register(file.read_bytes())
    with _database(settings) as database:
        options = {"addresses": settings.source_schools, "setting": "MATCHER_SOURCE_SCHOOLS"}
        for source in sources(database, file, download=download, **options):
            _say_schools(_schools_written(database, source, dry_run=dry_run), dry_run=dry_run)


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.dispose()


def _schools_written(database: Database, source: Source, *, dry_run: bool) -> Report:
    found = read_register(source.content)
    with database.session(write=True) as session:
        now = utcnow()
        seed_regions(session, now)
        report = import_schools(session, found, now=now)
        if dry_run or report.refused:
            session.rollback()
        else:
            source.remember(session)
            session.commit()
    return report


def _say_schools(report: Report, *, dry_run: bool) -> None:
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


@imports.command()
@file_or_download
@click.option("--dry-run", is_flag=True, help="Say what every postcode would become and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every row and its source.")
def postcodes(file: Path | None, download: bool, dry_run: bool, as_json: bool) -> None:
    """Postcodes with position and municipality as GeoNames publishes them (NL.txt or NL.zip, four digits)."""
    settings = Settings.from_env()
    if file is not None and not download:
        read_postcodes(file.read_bytes())
    with _database(settings) as database:
        options = {"addresses": settings.source_postcodes, "setting": "MATCHER_SOURCE_POSTCODES"}
        for source in sources(database, file, download=download, **options):
            report = _postcodes_written(database, source, dry_run=dry_run)
            _say_rows(report, dry_run=dry_run, as_json=as_json)


def _postcodes_written(database: Database, source: Source, *, dry_run: bool) -> ImportReport:
    found, wrong = read_postcodes(source.content)
    with database.session(write=True) as session:
        now = utcnow()
        seed_regions(session, now)
        report = import_postcodes(session, found, wrong, now=now, write=not dry_run)
        if report.written:
            source.remember(session)
            session.commit()
        else:
            session.rollback()
    return report


@imports.command()
@file_or_download
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Language of the names.")
@click.option("--dry-run", is_flag=True, help="Say what every occupation would become and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every row.")
def occupations(file: Path | None, download: bool, lang: str, dry_run: bool, as_json: bool) -> None:
    """Occupations as ESCO publishes them (occupations_nl.csv), so that the name of a job leads to topics."""
    settings = Settings.from_env()
    if file is not None and not download:
        read_jobs(file.read_bytes())
    with _database(settings) as database:
        options = {"addresses": settings.source_occupations, "setting": "MATCHER_SOURCE_OCCUPATIONS"}
        for source in sources(database, file, download=download, **options):
            report = _occupations_written(database, source, lang, dry_run=dry_run)
            _say_rows(report, dry_run=dry_run, as_json=as_json)


def _occupations_written(database: Database, source: Source, lang: str, *, dry_run: bool) -> ImportReport:
    jobs, wrong = read_jobs(source.content)
    with database.session(write=True) as session:
        report = import_occupations(session, jobs, wrong, lang=lang, now=utcnow(), write=not dry_run)
        if report.written:
            source.remember(session)
            session.commit()
        else:
            session.rollback()
    return report


def _say_rows(report: ImportReport, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.plain(), ensure_ascii=False, indent=2))
    else:
        say_report(report, dry_run=dry_run)
    if report.refused:
        sys.exit(2)


def say_report(report: ImportReport, *, dry_run: bool) -> None:
    """Counts, remarks and refusals of any import, the first fifty of each."""
    for name, count in report.counts().items():
        click.echo(f"{name}: {count}")
    for name, count in (*report.made.items(), ("notices", report.notices)):
        click.echo(f"{name} {'to be made' if not report.written else 'made'}: {count}" if count else "", nl=bool(count))
    for one in [one for one in report.outcomes if one.remarks][:SHOWN_REFUSALS]:
        click.echo(f"  row {one.row}: {' '.join(one.remarks)}")
    for one in report.refused[:SHOWN_REFUSALS]:
        click.echo(f"  row {one.row}, column {one.column}: {one.reason}", err=True)
    if len(report.refused) > SHOWN_REFUSALS:
        click.echo(f"  and {len(report.refused) - SHOWN_REFUSALS} more", err=True)
    if report.refused:
        click.echo("Nothing was written: put these rows right and try again.", err=True)
    elif dry_run:
        click.echo("Dry run: nothing was written.")


def _say_refusals(report: Report) -> None:
    for refusal in report.refused[:SHOWN_REFUSALS]:
        click.echo(f"  {refusal}", err=True)
    more = len(report.refused) - SHOWN_REFUSALS
    if more > 0:
        click.echo(f"  and {more} more", err=True)
    click.echo("Nothing was written: put these rows right, or take them out, and try again.", err=True)
