"""Files as they come: the odd ones that are right go in as meant, the others leave no row and say where it is wrong."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matcher.accounts.models import User
from matcher.db import Database
from matcher.errors import InvalidInput
from matcher.matching.models import Match, MatchMoment
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.organisations.spreadsheets import MOST_COLUMNS, MOST_ROWS, read_sheets
from matcher.organisations.states import OrganisationType, SizeClass
from matcher.subjects.services import seed_topics
from tests.coordination.lists import Land, count_rows, csv_of, make_land, xlsx_of

HEAD = "Bedrijf;KvK;Postcode;Contactpersoon;E-mail;Telefoon"
ROW = "Bakkerij Jansen;12345678;5611 AB;Piet van der Berg;piet@jansen.example;06-12345678"
PEOPLE = ["Bedrijf", "KvK", "Postcode", "Voornaam", "Tussenvoegsel", "Achternaam", "E-mail", "Telefoon"]
PIET = ["Bakkerij Jansen", "12345678", "5611 AB", "Piet", "van der", "Berg", "piet@jansen.example", "0612345678"]
VISIT = "Datum;BRIN;KvK;Titel"
OFFER = "E-mail;Titel"


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    file = tmp_path_factory.mktemp("odd") / "odd.db"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{file}")
    with database.session(write=True) as session:
        seed_topics(session)
        yield make_land(session)
        session.rollback()
    database.dispose()


@pytest.fixture
def land(world: Land) -> Iterator[Land]:
    """Each file meets the same region: what it wrote is taken back."""
    nested = world.session.begin_nested()
    yield world
    nested.rollback()
    world.session.expire_all()


def like(*rows: str, **options: Any) -> bytes:
    return csv_of(HEAD, *rows, **options)


RIGHT: dict[str, bytes] = {
    "utf-8": like(ROW),
    "with a byte order mark": like(ROW, encoding="utf-8-sig"),
    "windows-1252": csv_of(HEAD, ROW.replace("Jansen;", "Jansén;"), encoding="cp1252"),
    "utf-16": like(ROW, encoding="utf-16"),
    "old Mac line ends": like(ROW, end="\r"),
    "unix line ends": like(ROW, end="\n"),
    "commas": like(ROW).replace(b";", b","),
    "tabs": like(ROW).replace(b";", b"\t"),
    "Excel's own line about the separator": csv_of("sep=;", HEAD, ROW),
    "a title above the header": csv_of("Contacten 2026;;;;;", "", HEAD, ROW),
    "empty rows between": like("", ";;;;;", ROW, "", ""),
    "a row that ends early": csv_of(HEAD + ";Opmerking", ROW),
    "quotes around everything": csv_of(*(";".join(f'"{cell}"' for cell in row.split(";")) for row in (HEAD, ROW))),
    "a line break inside a cell": csv_of(HEAD + ";Opmerking", ROW + ';"belt liever\nniet op maandag"'),
    "a quote inside a cell": csv_of(HEAD + ";Opmerking", ROW + ';zegt "misschien"'),
    "headers in capitals with colons": csv_of(HEAD.upper().replace(";", ":;"), ROW),
    "English headers": csv_of("Company,CoC,Postal code,Contact person,Email address,Phone", ROW.replace(";", ",")),
    "columns in another order": csv_of(
        "E-mail;Telefoon;Contactpersoon;KvK;Bedrijf;Postcode",
        "piet@jansen.example;06-12345678;Piet van der Berg;12345678;Bakkerij Jansen;5611 AB",
    ),
    "a column nobody knows": csv_of(HEAD + ";Kleur van de auto", ROW + ";rood"),
    "the same header twice": csv_of(HEAD + ";Telefoon", ROW + ";0201234567"),
    "a column without a name": csv_of(HEAD + ";", ROW + ";x"),
    "spaces around cells": like(ROW.replace(";", "  ;  ")),
    "hard spaces and invisible marks": like(ROW.replace("5611 AB", "\u200b5611\u00a0AB")),
    "a postcode without a space": like(ROW.replace("5611 AB", "5611ab")),
    "a postcode with a country": like(ROW.replace("5611 AB", "NL-5611 AB")),
    "KvK with spaces": like(ROW.replace("12345678;", "12 34 56 78;")),
    "KvK with a word": like(ROW.replace(";12345678;", ";KvK: 12345678;")),
    "capitals in the address": like(ROW.replace("piet@jansen", "Piet@JANSEN")),
    "an address with a name": like(ROW.replace("piet@jansen.example", "Piet <piet@jansen.example>")),
    "an address as a link": like(ROW.replace("piet@jansen.example", "mailto:piet@jansen.example")),
    "two addresses": like(ROW.replace("piet@jansen.example", "piet@jansen.example / info@jansen.example")),
    "a sorted name": like(ROW.replace("Piet van der Berg", "Berg, Piet van der")),
    "a title before the name": like(ROW.replace("Piet", "Dhr. Piet")),
    "the same row twice": like(ROW, ROW),
    "the same person, another phone": like(ROW, ROW.replace("06-12345678", "040-1234567")),
    "a phone nobody can read": like(ROW.replace("06-12345678", "zie website")),
    "no mail address": like(ROW, "Smederij Smit;87654321;5211 AA;Sam Smit;;"),
    "Excel": xlsx_of(PEOPLE, PIET),
    "Excel with numbers": xlsx_of(PEOPLE, [*PIET[:1], 12345678, *PIET[2:7], 612345678]),
    "Excel with a title and empty rows": xlsx_of(["Mijn lijst"], [], PEOPLE, [], PIET),
    "Excel with several sheets": xlsx_of(["Let op", "niet lezen"], ["x", "y"], name="Uitleg", Contacten=[PEOPLE, PIET]),
    "split names": csv_of(";".join(PEOPLE), ";".join(PIET)),
    "infix behind the last name": csv_of(
        "Bedrijf;KvK;Postcode;Voornaam;Achternaam;E-mail",
        "Bakkerij Jansen;12345678;5611AB;Piet;Berg, van der;piet@jansen.example",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_odd_file_goes_in_as_meant(name: str, land: Land) -> None:
    report = land.bring(RIGHT[name])
    assert report.written, [one.reason for one in report.refused]
    place = land.session.scalars(select(Organisation).where(Organisation.kvk == "12345678")).one()
    assert (place.name.replace("é", "e"), place.pc4, place.type) == (
        "Bakkerij Jansen",
        "5611",
        OrganisationType.COMPANY,
    )
    piet = land.session.scalars(select(User).where(User.email_key == "piet@jansen.example")).one()
    assert piet.name == "Piet van der Berg"
    assert piet.phone in {"0612345678", None}
    assert land.session.scalar(select(User.id).where(User.name == "Sam Smit")) is None


def test_zero_in_front_is_kept_or_put_back(land: Land) -> None:
    land.bring(
        xlsx_of(
            ["Naam bedrijf", "KvK-nr", "PC", "Aantal medewerkers", "Mobiel", "Mail", "Naam"],
            ["Nul BV", "01234567", "5611AB", 12, "0612345678", "a@nul.example", "A. Nul"],
            ["Getal BV", 1234568, "5611AB", 300, 612345679, "b@nul.example", "B. Nul"],
        )
    )
    found = {
        one.name: one for one in land.session.scalars(select(Organisation).where(Organisation.kvk.startswith("0")))
    }
    assert {name: (one.kvk, one.size) for name, one in found.items()} == {
        "Nul BV": ("01234567", SizeClass.MIDDLE),
        "Getal BV": ("01234568", SizeClass.VERY_LARGE),
    }
    phones = set(land.session.scalars(select(User.phone).where(User.email_key.endswith("nul.example"))))
    assert phones == {"0612345678", "0612345679"}


# name → kind, file, words of the refusal, row, column ("" where the whole file is refused)
WRONG: dict[str, tuple[str, bytes, str, int, str]] = {
    "empty": ("people", b"", "empty", 0, ""),
    "only white space": ("people", b" \r\n \r\n", "empty", 0, ""),
    "only a header": ("people", csv_of(HEAD), "no rows", 0, ""),
    "old Excel": ("people", b"\xd0\xcf\x11\xe0" + b"0" * 600, ".xlsx", 0, ""),
    "a zip without spreadsheets": ("people", b"", "no spreadsheet", 0, ""),
    "a damaged Excel file": ("people", xlsx_of(PEOPLE, PIET)[:1500], "damaged", 0, ""),
    "a picture": ("people", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "cannot read", 0, ""),
    "NUL bytes": ("people", like(ROW.replace("Piet", "Pi\0et")), "Row 2 holds a NUL", 0, ""),
    "a byte of no letter": ("people", like(ROW).replace(b"Piet", b"Pi\x81et"), "cannot read", 0, ""),
    "a quote that stays open": ("people", like(ROW.replace("Piet", '"Piet'), ROW), "quotes do not close", 0, ""),
    "a quote that swallows rows": ("people", like(ROW.replace(";Piet", ';"Piet'), *[ROW] * 60, 'x;"y'), "quote", 0, ""),
    "a cell of 200 kB": ("people", like(ROW + "x" * 200_000), "too long", 0, ""),
    "a cell of 5 kB": ("people", like("x" * 5_000 + ROW), "Row 2, column A", 0, ""),
    "too many rows": ("people", like(*["a;b"] * (MOST_ROWS + 1)), "more than", 0, ""),
    "too many columns": ("people", csv_of("a;" * (MOST_COLUMNS + 9), "x;" * 120 + "x"), "columns", 0, ""),
    "nothing we know": ("people", csv_of("Kleur;Maat", "rood;XL"), "Say which column", 0, ""),
    "no KvK number": ("people", like(ROW.replace("12345678;", "1234;", 1)), "KvK", 2, "KvK"),
    "a KvK number with a letter": ("people", like(ROW.replace("12345678;", "1234567B;", 1)), "KvK", 2, "KvK"),
    "a postcode of nowhere": ("people", like(ROW.replace("5611 AB", "5999 ZZ")), "5999", 2, "Postcode"),
    "no postcode form": ("people", like(ROW.replace("5611 AB", "Eindhoven")), "postcode", 2, "Postcode"),
    "no postcode for a new company": ("people", like(ROW.replace("5611 AB", "")), "postcode", 2, "Postcode"),
    "another region": ("people", like(ROW.replace("5611 AB", "9711 AB")), "outside your region", 2, "Postcode"),
    "no mail address": ("people", like(ROW.replace("@", " at ")), "mail address", 2, "E-mail"),
    "an address with two @": ("people", like(ROW.replace("piet@", "piet@@")), "mail address", 2, "E-mail"),
    "one address, two names": ("people", like(ROW, ROW.replace("Piet", "Jo")), "Row 2 has this address", 3, "E-mail"),
    "a good row and a bad one": ("people", like(ROW, ROW.replace("5611 AB", "x")), "postcode", 3, "Postcode"),
    "an unknown BRIN": ("people", csv_of("School;BRIN", "Nergens;99ZZ"), "99ZZ", 2, "BRIN"),
    "no BRIN form": ("people", csv_of("School;BRIN", "Het Vaartcollege;AH00"), "BRIN", 2, "BRIN"),
    "a location that is not there": ("people", csv_of("School;BRIN;Vestiging", "x;00AH;07"), "07", 2, "Vestiging"),
    "a BRIN with several locations": ("people", csv_of("School;BRIN", "x;01BC"), "00, 01", 2, "BRIN"),
    "a school of another region": ("people", csv_of("School;BRIN", "x;02CD"), "outside your region", 2, "BRIN"),
    "a school typed anew": ("people", csv_of("School;Postcode", "Nieuwe School;5211 AA"), "BRIN", 2, "School"),
    "an offer of nobody": ("offers", csv_of(OFFER, "niemand@x.example;Lassen"), "Import the people", 2, "E-mail"),
    "a visit on no day": ("visits", csv_of(VISIT, "10/25/2025;00AH00;70000001;Lassen"), "10/25/2025", 2, "Datum"),
    "a visit on 31 February": ("visits", csv_of(VISIT, "31-02-2026;00AH00;70000001;Lassen"), "31-02", 2, "Datum"),
    "a visit of nobody": ("visits", csv_of(VISIT, "01-10-2026;00AH00;70000001;Lassen"), "company", 2, "KvK"),
    "a visit without a day": ("visits", csv_of(VISIT, ";00AH00;70000001;Lassen"), "day", 2, "Datum"),
    "a visit at no school": ("visits", csv_of(VISIT, "01-10-2026;;70000001;Lassen"), "BRIN", 2, "BRIN"),
}  # fmt: skip


def bomb(part: str = "a.csv", size: int = 70_000_000) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(part, b"0" * size)
    return out.getvalue()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_file_writes_nothing_and_says_where(name: str, land: Land) -> None:
    kind, content, words, row, column = WRONG[name]
    if name.startswith("a zip"):
        content = bomb("notes.txt", 20)
    before = count_rows(land.session)
    if row == 0:
        with pytest.raises(InvalidInput, match=re.escape(words)):
            land.bring(content, kind)
    else:
        report = land.bring(content, kind)
        assert [(one.row, one.column) for one in report.refused] == [(row, column)]
        assert words in report.refused[0].reason
        assert not report.written
    assert count_rows(land.session) == before


def test_small_file_that_unpacks_into_much_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unpacks"):
        read_sheets(bomb())


def test_workbook_that_claims_the_whole_grid_is_refused_or_read_in_bounds() -> None:
    """Two cells, in the first and the last corner of a sheet, would be seventeen thousand million."""
    content = xlsx_of(PEOPLE, PIET)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                data = data.replace(
                    b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                )
            new.writestr(part, data)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_sheets(out.getvalue())


def test_formulas_count_by_their_value(land: Land) -> None:
    assert land.bring(like(ROW.replace("Piet van der Berg", "=Piet van der Berg"))).written
    assert land.session.scalars(select(User.name).where(User.email == "piet@jansen.example")).one().startswith("=")


DAYS = ["1-10-2026", "01/10/26", "1.10.2026", "2026-10-01", "1 okt 2026", "do 1 oktober 2026", "01-10-2026 00:00"]


@pytest.mark.parametrize("day", DAYS)
def test_day_before_month_in_every_way_of_writing(day: str, land: Land) -> None:
    land.bring(like(ROW))
    report = land.bring(csv_of(VISIT, f"{day};00AH-00;12345678;Brood bakken"), "visits")
    assert report.written, report.refused
    assert land.session.scalars(select(MatchMoment.day)).one() == date(2026, 10, 1)


def test_days_and_times_of_excel(land: Land) -> None:
    land.bring(like(ROW))
    rows = [
        ["Datum", "Van", "Tot", "BRIN", "Vestiging", "KvK"],
        [date(2026, 10, 1), "10.15", "11u05", "00AH", 0, 12345678],
    ]
    assert land.bring(xlsx_of(*rows), "visits").written
    moment = land.session.scalars(select(MatchMoment)).one()
    assert (moment.day.isoformat(), moment.starts, moment.ends) == ("2026-10-01", "10:15", "11:05")


def test_visit_ahead_is_refused(land: Land) -> None:
    land.bring(like(ROW))
    report = land.bring(csv_of(VISIT, "01-10-2027;00AH00;12345678;Brood"), "visits")
    assert report.refused[0].column == "Datum"
    assert land.session.scalar(select(Match.id)) is None


def test_offer_nobody_understands_is_refused(land: Land) -> None:
    land.bring(like(ROW))
    report = land.bring(csv_of(OFFER, "piet@jansen.example;Xyzzy plugh"), "offers")
    assert report.refused[0].column == "Titel"
    assert land.session.scalar(select(Offer.id)) is None
