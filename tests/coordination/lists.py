"""Spreadsheets as people make them, and a region they are about."""

import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.coordination import import_services
from matcher.db import Base
from matcher.organisations.columns import ImportKind
from matcher.organisations.models import Organisation
from matcher.organisations.outcomes import ImportReport
from matcher.organisations.spreadsheets import read_sheets
from tests.factories import NOW
from tests.factories.matching import seed_transitions
from tests.factories.people import make_coordinator, make_postcode, make_region, make_school


@dataclass
class Land:
    session: Session
    coordinator: User
    school: Organisation

    @property
    def actor(self) -> Actor:
        return actor_for(self.session, self.coordinator.id)

    def bring(
        self, content: bytes, kind: str = "people", *, said: dict[str, str] | None = None, **options: Any
    ) -> ImportReport:
        """The whole way of a file, as command and page go it."""
        kind_ = ImportKind(kind)
        sheet = import_services.chosen_sheet(kind_, read_sheets(content))
        actor = self.actor
        mapping = import_services.mapping_for(self.session, actor=actor, kind=kind_, sheet=sheet, said=said)
        values = {"write": True, "now": NOW, **options}
        return import_services.run_import(self.session, actor=actor, kind=kind_, sheet=sheet, mapping=mapping, **values)


def make_land(session: Session) -> Land:
    """Two regions, a few postcodes, and school 00AH-00 in the first one, whose coordinator brings lists in.

    The session has all topics already.
    """
    seed_transitions(session)
    region = make_region(session)
    for pc4 in ("5211", "5611", "4811"):
        make_postcode(session, pc4, region=region)
    elsewhere = make_region(session, "groningen", name="Groningen", landsdeel="noord")
    make_postcode(session, "9711", region=elsewhere)
    school = make_school(session, name="Het Vaartcollege", brin="00AH", location="00", region=region, pc4="5211")
    make_school(session, name="Twee Vestigingen Oost", brin="01BC", location="00", region=region, pc4="5211")
    make_school(session, name="Twee Vestigingen West", brin="01BC", location="01", region=region, pc4="5611")
    make_school(session, name="Gymnasium Noord", brin="02CD", location="00", region=elsewhere, pc4="9711")
    coordinator = make_coordinator(session, region=region, name="Cor Regio", email="cor@regio.example")
    return Land(session, coordinator, school)


def count_rows(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    session.flush()
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def csv_of(*rows: str, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    return (end.join(rows) + end).encode(encoding)


def xlsx_of(*rows: list[Any], name: str = "Blad1", **more: list[list[Any]]) -> bytes:
    """A workbook with these cells: text as text, numbers as numbers, days as days."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    days = book.add_format({"num_format": "dd-mm-yyyy"})
    for title, lines in {name: list(rows), **more}.items():
        sheet = book.add_worksheet(title)
        for number, cells in enumerate(lines):
            for at, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(number, at, cell, days)
                elif cell is not None:
                    sheet.write(number, at, cell)
    book.close()
    return out.getvalue()
