"""Importing the school register: all or nothing, safe to repeat, in DUO's own layouts and with coordinates."""

import csv
import gzip
import io
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from matcher.cli import main
from matcher.organisations.importer import import_schools
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.register import read_register
from matcher.organisations.states import OrganisationType, SchoolSector
from matcher.regions.queries import region
from matcher.regions.services import seed_regions
from matcher.regions.states import HolidayRegion

DUO_COLUMNS = [
    "PROVINCIE",
    "BEVOEGD GEZAG NUMMER",
    "INSTELLINGSCODE",
    "VESTIGINGSCODE",
    "VESTIGINGSNAAM",
    "STRAATNAAM",
    "HUISNUMMER-TOEVOEGING",
    "POSTCODE",
    "PLAATSNAAM",
    "GEMEENTENUMMER",
    "GEMEENTENAAM",
    "DENOMINATIE",
    "TELEFOONNUMMER",
    "INTERNETADRES",
    "ONDERWIJSSTRUCTUUR",
    "STRAATNAAM CORRESPONDENTIEADRES",
    "POSTCODE CORRESPONDENTIEADRES",
    "VAKANTIEREGIO",
]
BREDA = {
    "PROVINCIE": "Noord-Brabant",
    "BEVOEGD GEZAG NUMMER": "40169",
    "INSTELLINGSCODE": "99ZA",
    "VESTIGINGSCODE": "99ZA00",
    "VESTIGINGSNAAM": "Lyceum De Linde; vestiging Zuid",
    "STRAATNAAM": "Één straat",
    "HUISNUMMER-TOEVOEGING": "12-a",
    "POSTCODE": "4811 AB",
    "PLAATSNAAM": "BREDA",
    "ONDERWIJSSTRUCTUUR": "MAVO/HAVO/VWO",
    "VAKANTIEREGIO": "Zuid",
    "POSTCODE CORRESPONDENTIEADRES": "1000 AA",
}
HANK = {
    "PROVINCIE": "Noord-Brabant",
    "BEVOEGD GEZAG NUMMER": "40170",
    "INSTELLINGSCODE": "99ZB",
    "VESTIGINGSCODE": "99ZB01",
    "VESTIGINGSNAAM": "De Wilg",
    "POSTCODE": "4273CD",
    "PLAATSNAAM": "HANK",
}


def duo_file(*rows, columns=DUO_COLUMNS, encoding="cp1252", **options):
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, delimiter=";", extrasaction="ignore", **options)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode(encoding)


def without(*names):
    return [name for name in DUO_COLUMNS if name not in names]


@pytest.fixture
def register(session, now):
    """Imports a file's content into a database that has regions."""
    seed_regions(session, now)

    def bring(content):
        return import_schools(session, read_register(content), now=now)

    return bring


def school(session, brin, location="00"):
    session.expire_all()
    query = select(Organisation).where(Organisation.brin == brin, Organisation.location == location)
    return session.scalars(query).one()


def counted(report):
    return report.new, report.changed, report.unchanged, len(report.refused)


def test_a_secondary_file_is_imported_with_board_place_and_region(session, register, now):
    report = register(duo_file(BREDA))
    assert (*counted(report), report.boards) == (1, 0, 0, 0, 1)
    found = school(session, "99ZA")
    assert (found.name, found.street, found.postcode) == (
        "Lyceum De Linde; vestiging Zuid",
        "Één straat 12-a",
        "4811 AB",
    )
    assert (found.place, found.pc4) == ("Breda", "4811")
    assert found.school_sector == SchoolSector.VO
    assert found.levels == ["vmbo_gl", "vmbo_tl", "havo", "vwo"]
    assert found.position_source == PositionSource.POSTCODE
    assert found.lat == pytest.approx(51.59, abs=0.1)
    assert region(session, found.region_id).name == "West-Brabant"
    assert found.holiday_region == HolidayRegion.ZUID
    assert found.verified_at == now
    board = session.get(Organisation, found.parent_id)
    assert (board.type, board.board_code) == (OrganisationType.BOARD, "40169")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "utf-8-sig", "utf-16"])
def test_every_usual_encoding_and_quoting_is_read(encoding):
    ((row, found),) = read_register(duo_file(BREDA, encoding=encoding, quoting=csv.QUOTE_ALL)).schools
    assert (row, found.street, found.place) == (2, "Één straat 12-a", "Breda")


def test_a_primary_file_without_structure_holds_primary_schools(session, register):
    register(duo_file(HANK, columns=without("ONDERWIJSSTRUCTUUR", "VAKANTIEREGIO")))
    found = school(session, "99ZB", "01")
    assert (found.school_sector, found.levels) == (SchoolSector.PO, ["po_onder", "po_boven"])
    assert found.holiday_region == HolidayRegion.ZUID  # Hank differs from the rest of Altena


def test_a_special_file_in_the_old_words_is_read(session, register):
    old = {
        "BRIN NUMMER": "99ZC",
        "VESTIGINGSNUMMER": "2",
        "VESTIGINGSNAAM": "De Kei",
        "POSTCODE": "6811AA",
        "PLAATSNAAM": "ARNHEM",
        "SOORT PRIMAIR ONDERWIJS": "SO/VSO",
    }
    register(duo_file(old, columns=list(old)))
    found = school(session, "99ZC", "02")
    assert (found.school_sector, found.levels) == (SchoolSector.SO, ["so", "vso"])


def test_the_same_file_again_changes_nothing(session, register):
    register(duo_file(BREDA, HANK))
    assert counted(register(duo_file(BREDA, HANK))) == (0, 0, 2, 0)
    assert school(session, "99ZA").version == 1


def test_a_changed_row_is_changed_and_the_rest_is_left(session, register):
    register(duo_file(BREDA, HANK))
    assert counted(register(duo_file(BREDA | {"VESTIGINGSNAAM": "De Es"}, HANK))) == (0, 1, 1, 0)
    assert (school(session, "99ZA").name, school(session, "99ZA").name_key) == ("De Es", "de es")


def test_a_school_missing_from_a_later_file_stays(session, register):
    register(duo_file(BREDA, HANK))
    register(duo_file(HANK))
    assert school(session, "99ZA").ended_at is None


def test_what_a_later_file_does_not_say_is_kept(session, register):
    joined = {
        "vestigingscode": "99ZA00",
        "brin_nummer": "99ZA",
        "naam": "Lyceum",
        "type": "VWO",
        "internetadres": "www.linde.example",
        "postcode": "4811AB",
        "plaats": "Breda",
        "leerlingen": "700",
        "lat": "51.58",
        "lon": "4.77",
    }
    register(duo_file(joined, columns=list(joined)))
    register(duo_file(BREDA, columns=without("INTERNETADRES", "ONDERWIJSSTRUCTUUR")))
    found = school(session, "99ZA")
    assert (found.lat, found.lon, found.position_source) == (51.58, 4.77, PositionSource.REGISTER)
    assert (found.levels, found.pupils, found.website) == (["vwo"], 700, "www.linde.example")
    moved = BREDA | {"POSTCODE": "4812 AB"}
    register(duo_file(moved))
    assert school(session, "99ZA").position_source == PositionSource.POSTCODE


def test_the_province_of_the_file_wins_over_the_table(session, register):
    register(duo_file(BREDA | {"PROVINCIE": "Overijssel", "POSTCODE": "8151 AB", "VAKANTIEREGIO": ""}))
    found = school(session, "99ZA")
    assert region(session, found.region_id).name == "Overijssel"
    assert found.holiday_region == HolidayRegion.NOORD


def test_a_postcode_younger_than_the_table_takes_its_neighbour(session, register):
    register(duo_file(BREDA | {"POSTCODE": "4857 AB"}))
    found = school(session, "99ZA")
    assert (found.pc4, found.postcode) == (None, "4857 AB")
    assert region(session, found.region_id).name == "West-Brabant"


def test_geojson_is_read_and_repeated_features_are_left_out(session, register):
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [4.77, 51.58]},
        "properties": {
            "vestigingscode": "99ZA00",
            "brin_nummer": "99ZA",
            "naam": "De Berk",
            "type": "basisschool",
            "postcode": "4811AB",
            "plaats": "Breda",
            "leerlingen": None,
        },
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature, feature]}).encode()
    report = register(gzip.compress(content))
    assert (report.new, report.repeated) == (1, 1)
    assert (school(session, "99ZA").lon, school(session, "99ZA").school_sector) == (4.77, SchoolSector.PO)


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"POSTCODE": "4811-AB"}, "POSTCODE", "not a postcode"),
        ({"INSTELLINGSCODE": "9ZA"}, "INSTELLINGSCODE", "not a BRIN"),
        ({"VESTIGINGSCODE": "88ZA00"}, "VESTIGINGSCODE", "does not begin with"),
        ({"VESTIGINGSNAAM": ""}, "VESTIGINGSNAAM", "is empty"),
        ({"VESTIGINGSNAAM": "x" * 201}, "VESTIGINGSNAAM", "longer than"),
        ({"BEVOEGD GEZAG NUMMER": "=1+1"}, "BEVOEGD GEZAG NUMMER", "not the number"),
        ({"VESTIGINGSCODE": "99ZB01", "INSTELLINGSCODE": "99ZB"}, "VESTIGINGSCODE", "already in row 2"),
    ],
)
def test_a_wrong_cell_refuses_its_row(change, column, said):
    found = read_register(duo_file(HANK, BREDA | change))
    assert len(found.schools) == 1
    assert [(refusal.row, refusal.column) for refusal in found.refused] == [(3, column)]
    assert said in found.refused[0].reason


def test_a_refused_row_keeps_the_good_ones_out_too(session, register):
    report = register(duo_file(HANK, BREDA | {"POSTCODE": "1000 AB"}, BREDA | {"VESTIGINGSNAAM": ""}))
    assert counted(report) == (0, 0, 0, 2)
    assert [(refusal.row, refusal.column) for refusal in report.refused] == [(3, "POSTCODE"), (4, "VESTIGINGSNAAM")]
    assert "no place in the Netherlands" in report.refused[0].reason
    assert session.scalar(select(func.count()).select_from(Organisation)) == 0


@pytest.fixture
def command(tmp_path, sqlite_database, monkeypatch):
    """Runs `matcher import schools` on a file with this content."""
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path))
    monkeypatch.setenv("MATCHER_DATABASE_URL", str(sqlite_database.engine.url))

    def run(content, *options):
        file = tmp_path / "schools.csv"
        file.write_bytes(content)
        return CliRunner().invoke(main, ["import", "schools", str(file), *options])

    return run


def stored(database):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Organisation))


def test_the_command_counts_and_a_second_run_has_no_changes(command, sqlite_database):
    first = command(duo_file(BREDA, HANK))
    assert (first.exit_code, first.stdout.splitlines()[:4]) == (
        0,
        ["new: 2", "changed: 0", "unchanged: 0", "refused: 0"],
    )
    assert command(duo_file(BREDA, HANK)).stdout.splitlines()[:4] == [
        "new: 0",
        "changed: 0",
        "unchanged: 2",
        "refused: 0",
    ]
    assert stored(sqlite_database) == 4  # two schools, two boards


def test_a_dry_run_says_the_same_and_writes_nothing(command, sqlite_database):
    result = command(duo_file(BREDA, HANK), "--dry-run")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "new: 2")
    assert stored(sqlite_database) == 0


def test_a_refused_row_ends_with_2_and_names_row_and_column(command, sqlite_database):
    result = command(duo_file(BREDA, HANK | {"POSTCODE": "x"}))
    assert result.exit_code == 2
    assert "refused: 1" in result.stdout
    assert 'row 3, column POSTCODE: "X" is not a postcode' in result.stderr
    assert stored(sqlite_database) == 0
