"""`matcher import people|offers|visits|regions` and `matcher export`. Exit codes: 0 done, 2 wrong use or input."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for, user_by_email
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.coordination import import_services
from matcher.coordination.export_queries import region_tables
from matcher.coordination.tiling_cli import regions
from matcher.coordination.workbook import as_xlsx, as_zip
from matcher.db import Database
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import LOCALES, in_locale
from matcher.organisations.cli import imports, say_report
from matcher.organisations.columns import ImportKind, said_in
from matcher.organisations.outcomes import ImportReport
from matcher.organisations.spreadsheets import Sheet, read_sheets
from matcher.reference import prepare
from matcher.regions.queries import descendant_ids, region_by_code

SUFFIXES = {".xlsx": as_xlsx, ".zip": as_zip}


def register(main: click.Group) -> None:
    """Add this room's commands to `matcher`; the group `import` is there by organisations."""
    for kind in ImportKind:
        if kind.value not in imports.commands:
            imports.add_command(_import_command(kind))
    imports.add_command(regions)
    main.add_command(export_command)


def _import_command(kind: ImportKind) -> click.Command:
    about = {
        ImportKind.PEOPLE: "Organisations and their people from a coordinator's own list (CSV, XLSX).",
        ImportKind.OFFERS: "Lessons of people who are here already, from such a list.",
        ImportKind.VISITS: "Visits that took place, from such a list. Nobody is told.",
    }

    @click.command(name=kind.value, help=about[kind])
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--as", "address", required=True, help="Mail address of the coordinator who brings the list in.")
    @click.option("--dry-run", is_flag=True, help="Say what every row would do and write nothing.")
    @click.option(
        "--map", "pairs", multiple=True, metavar="COLUMN=FIELD", help="What a column is; empty: leave it out."
    )
    @click.option("--sheet", help="Name of the sheet; without it the one that fits best.")
    @click.option("--notice", is_flag=True, help="Send the privacy notice to people who never got it.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def command(
        file: Path, address: str, dry_run: bool, pairs: tuple[str, ...], sheet: str | None, notice: bool, as_json: bool
    ) -> None:
        said = said_in(pairs)
        sheets = read_sheets(file.read_bytes(), file.name)
        chosen = import_services.chosen_sheet(kind, sheets, sheet)
        mapping, report = _run(kind, chosen, said, address, write=not dry_run, notice=notice)
        _say(report, chosen, mapping, dry_run=dry_run, as_json=as_json)
        sys.exit(2 if report.refused else 0)

    return command


def _run(
    kind: ImportKind, sheet: Sheet, said: dict[str, str], address: str, *, write: bool, notice: bool
) -> tuple[dict[str, str], ImportReport]:
    settings, now = Settings.from_env(), utcnow()
    prepare(settings.database_url)
    database = Database(settings.database_url)
    try:
        with database.session(write=write) as session:
            person = _actor(session, address)
            mapping = import_services.mapping_for(session, actor=person, kind=kind, sheet=sheet, said=said)
            report = import_services.run_import(
                session, actor=person, kind=kind, sheet=sheet, mapping=mapping, now=now, write=write, notice=notice
            )
            if report.written:
                import_services.remember_mapping(
                    session, actor=person, kind=kind, sheet=sheet, mapping=mapping, now=now
                )
                session.commit()
            else:
                session.rollback()
    finally:
        database.dispose()
    return mapping, report


def _actor(session: Session, address: str) -> Actor:
    user = user_by_email(session, address)
    person = actor_for(session, user.id) if user is not None else None
    if person is None or not (person.is_coordinator or person.is_administrator):
        raise InvalidInput(f"{address} is no coordinator or administrator here.")
    return person


def _say(report: ImportReport, sheet: Sheet, mapping: dict[str, str], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"sheet": sheet.name, "mapping": mapping, **report.plain()}, ensure_ascii=False, indent=2)
        )
        return
    click.echo("columns: " + ", ".join(f"{header} = {code or '(left out)'}" for header, code in mapping.items()))
    say_report(report, dry_run=dry_run)


@click.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--region", required=True, help="Code of a region: nl, zuidoost, noord-brabant …")
@click.option("--lang", type=click.Choice(LOCALES), default="nl", show_default=True, help="Language of the columns.")
def export_command(file: Path, region: str, lang: str) -> None:
    """Everything of a region: one workbook (.xlsx), or CSV files in a .zip."""
    writer: Any = SUFFIXES.get(file.suffix.lower())
    if writer is None:
        raise InvalidInput("The name of the file ends in .xlsx or .zip.")
    settings = Settings.from_env()
    prepare(settings.database_url)
    database = Database(settings.database_url)
    try:
        with database.read() as session, in_locale(lang):
            node = region_by_code(session, region)
            tables = region_tables(session, sorted(descendant_ids(session, node.id)))
    except NotFound as error:
        raise InvalidInput(f"There is no region with code {region}.") from error
    finally:
        database.dispose()
    file.write_bytes(writer(tables))
    for table in tables:
        click.echo(f"{table.name}: {len(table.rows)}")
