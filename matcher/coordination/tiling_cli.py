"""`matcher import regions`: look at the proposal, review it, apply it. Exit codes: 0 done, 2 wrong use or input."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from matcher.clock import local_date, utcnow
from matcher.config import Settings
from matcher.coordination.tiling_moves import Move, as_table, read_moves, sized
from matcher.coordination.tiling_services import Plan, apply_tiling, hold_still, plan_tiling
from matcher.db import Database
from matcher.errors import InvalidInput
from matcher.organisations.cli import say_report
from matcher.organisations.columns import said_in
from matcher.organisations.outcomes import ImportReport
from matcher.organisations.sources_cli import Source, file_or_download, sources
from matcher.organisations.spreadsheets import Sheet, best_sheet, read_sheets
from matcher.reference import prepare

LOOK_FIRST = (
    "Look first: --propose MAP.csv writes which old region goes to which new one. Read it, change what you want,"
    " and come back with --map MAP.csv; --dry-run says beforehand what would move."
)
_table = click.Path(dir_okay=False, path_type=Path)


@click.command(name="regions")
@file_or_download
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--propose", type=_table, help="Write the table to review to this file, and nothing to the database.")
@click.option("--map", "reviewed", type=_table, help="The reviewed table: only with it anything is written.")
@click.option("--column", "pairs", multiple=True, metavar="COLUMN=FIELD", help="What a column is; empty: leave it out.")
@click.option("--sheet", help="Name of the sheet; without it the first.")
@click.option("--scheme", help="Name of this division; without it that of the column and the year.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def regions(
    file: Path | None,
    download: bool,
    dry_run: bool,
    propose: Path | None,
    reviewed: Path | None,
    pairs: tuple[str, ...],
    sheet: str | None,
    scheme: str | None,
    as_json: bool,
) -> None:
    """Another division of the country: a list of municipalities with their region (CSV, XLSX)."""
    settings, said = Settings.from_env(), said_in(pairs)
    table = _read(reviewed)
    prepare(settings.database_url)
    database = Database(settings.database_url)
    asked: dict[str, Any] = {"said": said, "scheme": scheme, "table": table, "look": dry_run or propose is not None}
    try:
        options = {"addresses": settings.source_regions, "setting": "MATCHER_SOURCE_REGIONS"}
        for source in sources(database, file, download=download, **options):
            mapping, plan, report = _run(database, source, sheet, **asked)
            if propose is not None and not plan.refused:
                propose.write_bytes(as_table(plan.moves, plan.old, plan.tiling.names))
            _say(mapping, plan, report, dry_run=dry_run, proposed=propose, as_json=as_json)
            if report.refused:
                sys.exit(2)
    finally:
        database.dispose()


def _read(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path is not None else None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.") from error


def _run(
    database: Database, source: Source, sheet: str | None, *, look: bool, **asked: Any
) -> tuple[dict[str, str], Plan, ImportReport]:
    sheets = read_sheets(source.content, source.name)
    chosen = best_sheet(sheets, sheet) if sheet else sheets[0]
    if chosen is None:
        raise InvalidInput(f"There is no sheet “{(sheet or '')[:60]}”.")
    with database.session(write=True) as session:
        mapping, plan, report = _done(session, chosen, look=look, **asked)
        if look or plan.refused:
            session.rollback()
            return mapping, plan, ImportReport(plan.outcomes, made=report.made)
        source.remember(session)
        session.commit()
    return mapping, plan, report


def _done(
    session: Session, chosen: Sheet, *, said: dict[str, str], scheme: str | None, table: bytes | None, look: bool
) -> tuple[dict[str, str], Plan, ImportReport]:
    """Also a dry run does everything, and takes it back: what it says is what would happen."""
    now = utcnow()
    hold_still(session)
    mapping, plan = plan_tiling(session, chosen, said=said, scheme=scheme, today=local_date(now))
    if plan.refused:
        return mapping, plan, ImportReport(plan.outcomes)
    if table is None and not look and not plan.is_there:
        raise InvalidInput(LOOK_FIRST)
    moves = plan.moves
    if table is not None and not plan.is_there:
        moves = sized(read_moves(table, old=plan.old, above=plan.above, names=plan.tiling.names), plan.moves)
    plan = replace(plan, moves=moves)
    made = apply_tiling(session, plan, now=now)
    return mapping, plan, ImportReport(plan.outcomes, written=True, made=made)


def _say(
    mapping: dict[str, str], plan: Plan, report: ImportReport, *, dry_run: bool, proposed: Path | None, as_json: bool
) -> None:
    if as_json:
        moves = [vars(move) for move in plan.moves]
        told = {"scheme": plan.scheme, "mapping": mapping, "moves": moves, **report.plain()}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo("columns: " + ", ".join(f"{header} = {code or '(left out)'}" for header, code in mapping.items()))
    if plan.is_there:
        click.echo("The country is divided like this already.")
    else:
        _say_moves(plan)
    for name, count in report.made.items():
        click.echo(f"{name}: {count}" if count else "", nl=bool(count))
    say_report(replace(report, made={}), dry_run=dry_run)
    if proposed is not None and not report.refused:
        click.echo(f"The table to review is in {proposed}. Nothing else was written.")


def _say_moves(plan: Plan) -> None:
    by_new: dict[str, list[Move]] = {}
    for move in plan.moves:
        by_new.setdefault(move.new, []).append(move)
    for code, moves in by_new.items():
        parts = "; ".join(_part(plan, move) for move in moves)
        click.echo(f"  {plan.tiling.names[code]} (under {plan.above[moves[0].under].name}): {parts}")


def _part(plan: Plan, move: Move) -> str:
    goes = [word for word, yes in (("coordinators", move.coordinators), ("rules", move.rules)) if yes]
    size = f"{move.schools} schools" if move.schools else f"{move.postcodes} postcodes"
    return f"{size} of {plan.old[move.old].name}" + (f" with {' and '.join(goes)}" if goes else "")
