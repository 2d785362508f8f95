"""GeoNames' postcodes: position, municipality and region of each, what others know better, odd files."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.errors import InvalidInput
from matcher.organisations.models import PositionSource
from matcher.organisations.outcomes import ImportReport
from matcher.organisations.postcodes_importer import import_postcodes, read_postcodes
from matcher.regions.geo import cell_of, distance_km
from matcher.regions.models import Postcode
from matcher.regions.queries import region_by_code
from matcher.regions.services import Seeded, seed_regions
from tests.factories import NOW
from tests.factories.people import make_postcode, make_region, make_school

PROVINCES = {
    "Noord-Holland": ("North Holland", "07"),
    "Zuid-Holland": ("South Holland", "11"),
    "Noord-Brabant": ("North Brabant", "06"),
}
BREDA = "NL\t4811\tBreda\tNorth Brabant\t06\tBreda\t0758\t\t\t51.5883\t4.7760\t6"


@pytest.fixture
def small(session: Session) -> Session:
    """The regions these postcodes lie in, and a few postcodes of Breda."""
    region = make_region(session, "west-brabant", name="West-Brabant", landsdeel="zuidwest")
    make_region(session, "noord-holland", name="Noord-Holland", landsdeel="noordwest")
    for pc4 in ("4811", "4813", "4814"):
        make_postcode(session, pc4, region=region, place="Breda", lat=51.59, lon=4.78)
    return session


def bring(session: Session, *lines: str, write: bool = True) -> ImportReport:
    found, wrong = read_postcodes("\n".join(lines).encode())
    report = import_postcodes(session, found, wrong, now=NOW, write=write)
    session.expire_all()
    return report


def facts(session: Session, pc4: str) -> dict[str, Any]:
    row = session.get_one(Postcode, pc4)
    assert row.cell == cell_of(row.lat, row.lon)
    return {name: getattr(row, name) for name in ("place", "municipality", "municipality_code", "source", "lat", "lon")}


def test_postcode_gets_position_municipality_and_source(small: Session) -> None:
    before = small.get_one(Postcode, "4811").region_id
    report = bring(small, BREDA, "NL\t1999\tNieuwdorp\tNorth Holland\t07\tHoogland Municipality\t0267\t\t\t52.3\t4.6\t")
    assert report.counts() == {"new": 1, "changed": 1, "unchanged": 0, "refused": 0}
    assert "source: geonames" in report.outcomes[0].what
    assert facts(small, "4811") == {
        "place": "Breda",
        "municipality": "Breda",
        "municipality_code": "0758",
        "source": "geonames",
        "lat": 51.5883,
        "lon": 4.776,
    }
    assert small.get_one(Postcode, "4811").region_id == before
    new = small.get_one(Postcode, "1999")
    assert (new.region_id, new.holiday_region) == (region_by_code(small, "noord-holland").id, "noord")
    assert new.municipality == "Hoogland"
    assert bring(small, BREDA).counts()["unchanged"] == 1


def test_starting_again_keeps_what_was_imported(session: Session) -> None:
    seed_regions(session, NOW)
    bring(session, BREDA)
    session.execute(delete(Postcode).where(Postcode.pc4 == "4812"))
    assert seed_regions(session, NOW) == Seeded(0, 1)
    session.expire_all()
    assert facts(session, "4811")["source"] == "geonames"


def test_schools_of_the_register_know_better_where_they_are(small: Session) -> None:
    make_school(small, pc4="4811", lat=51.59, lon=4.78, position_source=PositionSource.REGISTER)
    report = bring(small, BREDA.replace("51.5883", "51.9"))
    assert facts(small, "4811")["source"] == "register"
    assert facts(small, "4811")["lat"] == 51.59
    assert "km from its schools" in report.outcomes[0].remarks[0]


def test_position_far_from_its_series_and_from_ours_is_not_taken(small: Session) -> None:
    stray = "NL\t4814\tBreda\tNorth Brabant\t06\tBreda\t0758\t\t\t53.2\t6.5\t6"
    before = facts(small, "4814")
    others = [BREDA.replace("4811", pc4) for pc4 in ("4812", "4813")]
    report = bring(small, BREDA, *others, stray)
    after = facts(small, "4814")
    assert (after["lat"], after["lon"], after["source"]) == (before["lat"], before["lon"], before["source"])
    assert after["municipality_code"] == "0758"
    assert "our own position stays" in report.outcomes[3].remarks[0]


def test_several_lines_of_one_postcode_become_one(small: Session) -> None:
    other = BREDA.replace("\tBreda\tNorth", "\tPrincenhage\tNorth").replace("51.5883", "51.5903")
    third = BREDA.replace("0758", "0779").replace("\tBreda\t0779", "\tMade\t0779").replace("51.5883", "51.5893")
    report = bring(small, BREDA, other, third)
    assert len(report.outcomes) == 1
    assert (facts(small, "4811")["lat"], facts(small, "4811")["municipality_code"]) == (51.5893, "0758")


ODD: dict[str, tuple[str, str]] = {
    "another country": (BREDA.replace("NL", "BE", 1), "is not NL"),
    "six signs": (BREDA.replace("4811", "4811 AB"), "no postcode of four digits"),
    "no such province": (BREDA.replace("North Brabant\t06", "Brabant\t99"), "no Dutch province"),
    "no number": (BREDA.replace("51.5883", "hier"), "no position in the Netherlands"),
    "not a number": (BREDA.replace("51.5883", "nan"), "no position in the Netherlands"),
    "in the sea": (BREDA.replace("51.5883", "0"), "no position in the Netherlands"),
    "no place": (BREDA.replace("\tBreda\tNorth", "\t\tNorth"), "place is missing"),
    "too few columns": ("NL\t4811\tBreda", "3 columns"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_line_is_refused_by_number(name: str) -> None:
    line, says = ODD[name]
    found, wrong = read_postcodes(f"{BREDA}\n{line}".encode())
    assert [place.pc4 for place in found] == ["4811"]
    assert [(one.row, says in one.reason) for one in wrong] == [(2, True)]


def test_one_odd_line_leaves_everything_as_it_was(small: Session) -> None:
    before = facts(small, "4813")
    report = bring(small, BREDA.replace("4811", "4813"), ODD["in the sea"][0])
    assert len(report.refused) == 1
    assert not report.written
    assert facts(small, "4813") == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"pc4;plaats\n1011;Amsterdam", "nothing stands between tabs"),
        (b"NL\t1011\0", "NUL"),
        (b"PK\x03\x04broken", "damaged"),
        (b"NL\t\x81\x8d", "no letter"),
    ],
)
def test_file_that_is_no_list_is_refused_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_postcodes(content)


def test_packed_file_is_read_and_one_without_list_is_not() -> None:
    def packed(**files: str) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as file:
            for name, text in files.items():
                file.writestr(f"{name}.txt", text)
        return content.getvalue()

    assert [place.pc4 for place in read_postcodes(packed(readme="About", NL=BREDA))[0]] == ["4811"]
    with pytest.raises(InvalidInput, match=r"one NL\.txt"):
        read_postcodes(packed(readme="About"))


@pytest.mark.real_data
def test_published_postcodes_are_half_a_kilometre_from_their_table(
    sqlite_database: Database, reference_data: Path
) -> None:
    """Our layout of the published table, read as GeoNames writes it."""
    names = {**PROVINCES, "Friesland": ("Friesland", "02")}
    with (reference_data / "geonames_nl_postcodes" / "pc4_nl.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = []
    for row in rows:
        province, code = names.get(row["provincie"], (row["provincie"], ""))
        about = [row["pc4"], row["plaats"], province, code, row["gemeente"], row["cbs_code"], "", "", row["lat"]]
        lines.append("\t".join(["NL", *about, row["lon"], ""]))
    with sqlite_database.write() as session:
        seed_regions(session, NOW)
        report = bring(session, *lines)
        found = {row.pc4: row for row in session.scalars(select(Postcode))}
    assert not report.refused
    assert report.written
    apart = sorted(
        distance_km(found[row["pc4"]].lat, found[row["pc4"]].lon, float(row["lat"]), float(row["lon"])) for row in rows
    )
    print(f"{len(rows)} postcodes: {sum(km > 1 for km in apart)} not taken as they are")
    assert apart[-20] < 0.1
    agree = sum(found[row["pc4"]].holiday_region == row["vakantieregio"].lower() for row in rows)
    assert agree / len(rows) > 0.99
    assert {row["cbs_code"] for row in rows} == {found[row["pc4"]].municipality_code for row in rows}
