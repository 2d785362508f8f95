"""A coordinator's spreadsheet: which sheet, which columns (remembered), and the import of its kind. Services flush."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.coordination.models import ImportMapping
from matcher.errors import Forbidden, InvalidInput
from matcher.i18n import _, _l
from matcher.matching.visit_importer import import_visits
from matcher.offers.importer import import_offers
from matcher.organisations.columns import FIELDS, ImportKind, check_mapping, corrected, propose, rows_of, shape_of
from matcher.organisations.outcomes import ImportReport
from matcher.organisations.people_importer import import_people
from matcher.organisations.spreadsheets import Sheet

NOT_HERS = _l("Only a coordinator or an administrator brings lists in.")


def chosen_sheet(kind: ImportKind, sheets: Sequence[Sheet], wanted: str | None = None) -> Sheet:
    """The named sheet, else the one in which most columns are recognised. Raises InvalidInput."""
    if wanted:
        for sheet in sheets:
            if sheet.name.casefold() == wanted.casefold():
                return sheet
        names = ", ".join(sheet.name for sheet in sheets)
        raise InvalidInput(_("There is no sheet “%(name)s”. There is: %(names)s.", name=wanted[:60], names=names))
    return max(sheets, key=lambda sheet: (_complete(kind, sheet), _recognised(kind, sheet)))


def kinds_of(sheet: Sheet) -> set[ImportKind]:
    """What a sheet holds by its columns: a day makes it visits, a title lessons; with names beside them people too."""
    if _complete(ImportKind.VISITS, sheet):
        return {ImportKind.VISITS}
    found = {kind for kind in (ImportKind.OFFERS, ImportKind.PEOPLE) if _complete(kind, sheet)}
    names = {"name", "first_name", "last_name"} & set(propose(ImportKind.PEOPLE, sheet).values())
    return found if names or ImportKind.OFFERS not in found else {ImportKind.OFFERS}


def next_kind(sheets: Sequence[Sheet], after: ImportKind | None = None) -> ImportKind | None:
    """What a file holds, in the order in which it goes in: people before what they offer, that before their visits."""
    kinds = list(ImportKind)
    found = set().union(*map(kinds_of, sheets))
    return next((kind for kind in kinds[kinds.index(after) + 1 if after else 0 :] if kind in found), None)


def chosen_sheets(kind: ImportKind, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Every sheet of this kind, so that schools and companies go in together; else the one that comes nearest."""
    return [sheet for sheet in sheets if kind in kinds_of(sheet)] or [chosen_sheet(kind, sheets)]


def all_known(mapping: Mapping[str, str], sheet: Sheet) -> bool:
    """Every column that holds something is recognised, so there is nothing to ask."""
    return all(
        mapping.get(header) or not any(row[1][at] for row in sheet.rows) for at, header in enumerate(sheet.columns)
    )


def _recognised(kind: ImportKind, sheet: Sheet) -> int:
    return sum(bool(code) for code in propose(kind, sheet).values())


def _complete(kind: ImportKind, sheet: Sheet) -> bool:
    try:
        check_mapping(kind, propose(kind, sheet))
    except InvalidInput:
        return False
    return True


def mapping_for(
    session: Session, *, actor: Actor, kind: ImportKind, sheet: Sheet, said: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Header → field: proposed, then as she said it the last time, then as she says it now. Raises InvalidInput."""
    mapping = propose(kind, sheet)
    kept = _remembered(session, actor, kind, sheet)
    codes = {field.code for field in FIELDS[kind]} | {""}
    if kept is not None:
        before = {header: kept.mapping.get(header, code) for header, code in mapping.items()}
        mapping = {header: code if code in codes else "" for header, code in before.items()}
    return corrected(kind, sheet, mapping, said or {})


def is_remembered(session: Session, *, actor: Actor, kind: ImportKind, sheet: Sheet) -> bool:
    return _remembered(session, actor, kind, sheet) is not None


def _remembered(session: Session, actor: Actor, kind: ImportKind, sheet: Sheet) -> ImportMapping | None:
    query = select(ImportMapping).where(
        ImportMapping.user_id == actor.user_id, ImportMapping.kind == kind, ImportMapping.shape == shape_of(sheet)
    )
    return session.scalars(query).one_or_none()


def remember_mapping(
    session: Session, *, actor: Actor, kind: ImportKind, sheet: Sheet, mapping: Mapping[str, str], now: datetime
) -> None:
    """For the next file with these headers, of this coordinator."""
    row = _remembered(session, actor, kind, sheet)
    if row is None:
        row = ImportMapping(user_id=actor.user_id, kind=kind, shape=shape_of(sheet))
        session.add(row)
    row.mapping, row.changed_at = dict(mapping), now
    session.flush()


def run_import(
    session: Session,
    *,
    actor: Actor,
    kind: ImportKind,
    sheet: Sheet,
    mapping: Mapping[str, str],
    now: datetime,
    write: bool = False,
    notice: bool = False,
    more: Sequence[tuple[Sheet, Mapping[str, str]]] = (),
) -> ImportReport:
    """What the file would do, or with `write` does when no row is refused; the rows of `more` sheets come behind.

    Raises Forbidden, InvalidInput.
    """
    if actor.user_id is None or not (actor.is_coordinator or actor.is_administrator):
        raise Forbidden(NOT_HERS)
    rows = []
    for each, its in ((sheet, mapping), *more):
        check_mapping(kind, its)
        rows += rows_of(each, its)
    common: dict[str, Any] = {"actor": actor, "now": now, "write": write}
    if kind is ImportKind.PEOPLE:
        return import_people(session, rows, notice=notice, **common)
    return (import_offers if kind is ImportKind.OFFERS else import_visits)(session, rows, **common)
