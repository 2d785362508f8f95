"""A region as a file: read back it equals what went in, nothing in it runs, and brought in again it changes nothing."""

import csv
import io
import re
import zipfile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.coordination import import_services
from matcher.coordination.export_queries import region_tables
from matcher.coordination.workbook import RUNS, Table, as_xlsx, as_zip
from matcher.i18n import in_locale
from matcher.matching.models import MatchMoment
from matcher.matching.moments import columns_of, parts_of
from matcher.matching.states import MatchState, Side
from matcher.organisations.columns import ImportKind
from matcher.organisations.models import Organisation
from matcher.organisations.outcomes import Status
from matcher.organisations.spreadsheets import Sheet, read_sheets
from tests.coordination.lists import Land, count_rows, csv_of, make_land
from tests.coordination.test_import import HEAD, LESSON, NOOR, OFFERS, PIET, VISIT, VISITS
from tests.factories import NOW
from tests.factories.kinds import half_days_asked, make_hybrid_offer, make_internship, make_place, make_vacancy
from tests.factories.matching import make_match, make_request

SIGNS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    " =",
    "＝",
    "＋",
    "－",
    "＠",
    "'=",
    "''=",
    "=HYPERLINK(",
    '"=',
    ";=",
    "\u00a0=",
]


@pytest.fixture
def land(seeded: Session) -> Land:
    made = make_land(seeded)
    made.bring(csv_of(HEAD + ";Telefoon", PIET + ";+31612345678", NOOR.replace(";;", ";;ja;")))
    made.bring(csv_of(OFFERS, LESSON), "offers")
    made.bring(csv_of(VISITS, VISIT), "visits")
    make_match(seeded, request=make_request(seeded, school=made.school), state=MatchState.APPROVED)
    seeded.flush()
    return made


def tables_of(land: Land) -> list[Table]:
    return region_tables(land.session, [land.school.region_id or 0])


def texts(rows: list[tuple[object, ...]]) -> list[list[str]]:
    return [["" if cell is None else str(cell).strip() for cell in row] for row in rows]


def body(sheet: Sheet) -> list[list[str]]:
    return [cells for _number, cells in sheet.rows]


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("write", [as_xlsx, as_zip])
def test_export_read_back_equals_what_went_in(write, locale: str, land: Land) -> None:
    with in_locale(locale):
        tables = tables_of(land)
    sheets = read_sheets(write(tables))
    assert [sheet.columns for sheet in sheets] == [list(table.head) for table in tables]
    assert [body(sheet) for sheet in sheets] == [texts(list(table.rows)) for table in tables]
    assert all(table.rows for table in tables)


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("write", [as_xlsx, as_zip])
def test_export_brought_in_again_changes_nothing(write, locale: str, land: Land) -> None:
    with in_locale(locale):
        sheets = read_sheets(write(tables_of(land)))
        before = count_rows(land.session)
        for number, kind in (
            (0, ImportKind.PEOPLE),
            (1, ImportKind.PEOPLE),
            (2, ImportKind.OFFERS),
            (4, ImportKind.VISITS),
        ):
            mapping = import_services.mapping_for(land.session, actor=land.actor, kind=kind, sheet=sheets[number])
            report = import_services.run_import(
                land.session, actor=land.actor, kind=kind, sheet=sheets[number], mapping=mapping, now=NOW, write=True
            )
            assert {one.status for one in report.outcomes} == {Status.UNCHANGED}, (kind, report.outcomes)
    assert count_rows(land.session) == before | {"audit": before["audit"] + 4}


def test_other_kinds_stand_on_sheets_of_their_own(land: Land) -> None:
    """The import would make lessons of them."""
    lessons = {table.name: len(table.rows) for table in tables_of(land)}
    stay, vacancy = make_internship(land.session, school=land.school), make_vacancy(land.session, school=land.school)
    place, person = make_place(land.session), make_hybrid_offer(land.session)
    for request, offer in ((stay, place), (vacancy, person)):
        match = make_match(land.session, request=request, offer=offer, state=MatchState.APPROVED)
        first = half_days_asked(land.session, request)[0]
        parts = columns_of(parts_of(first))
        land.session.add(MatchMoment(match_id=match.id, suggested_by=Side.SCHOOL, chosen=True, **parts))
    land.session.flush()
    after = {table.name: table.rows for table in tables_of(land)}
    untouched = ("Offers", "Requests", "Visits")
    assert [len(after[name]) for name in untouched] == [lessons[name] for name in untouched]
    agreed = after["Internships and placements"]
    assert [(row[0], row[10], row[11]) for row in agreed] == [
        ("Teacher internship", 1, 4.0),
        ("Hybrid placement", 10, 40.0),
    ]
    assert [row[0] for row in after["Internships and vacancies"]] == ["Teacher internship", "Hybrid placement"]
    assert [row[0] for row in after["Places and people"]] == ["Teacher internship", "Hybrid placement"]


@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_runs_and_every_cell_comes_back(sign: str) -> None:
    text = f"{sign}1+1|cmd"
    table = Table("Blad", ["Een", "Twee", "Nummer"], [(text, "x", 3), ("y", text, 4)])
    packed = as_zip([table])
    with zipfile.ZipFile(io.BytesIO(packed)) as inside:
        lines = list(csv.reader(io.StringIO(inside.read("Blad.csv").decode("utf-8-sig")), delimiter=";"))
    assert not [cell for line in lines for cell in line if RUNS.match(cell)]
    book = as_xlsx([table])
    with zipfile.ZipFile(io.BytesIO(book)) as inside:
        sheet = inside.read("xl/worksheets/sheet1.xml").decode()
    assert not re.search(r"<f[ >]", sheet)
    plain = text.replace("\r", "\n").replace("\u00a0", " ").strip()
    for content in (packed, book):
        assert body(read_sheets(content)[0]) == [[plain, "x", "3"], ["y", plain, "4"]]


def test_ids_stay_text(land: Land) -> None:
    place = land.session.scalars(select(Organisation).where(Organisation.kvk == "12345678")).one()
    place.kvk = "01234567"
    land.session.scalars(select(User).where(User.name == "Piet Berg")).one().phone = "0612345678"
    land.session.flush()
    sheets = {sheet.name: body(sheet) for sheet in read_sheets(as_xlsx(tables_of(land)))}
    cells = [cell for rows in sheets.values() for row in rows for cell in row]
    assert "01234567" in cells
    assert "0612345678" in cells
    assert "00AH" in cells
