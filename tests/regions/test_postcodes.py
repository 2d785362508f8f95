"""The shipped postcode table and the rules it was made with; its error is measured against positions we do not ship."""

import csv
import gzip
from collections import Counter
from statistics import quantiles

import pytest

from matcher.regions.geo import distance_km
from matcher.regions.postcodes import pc4_of, read_table, write_table
from matcher.regions.states import SHIPPED, HolidayRegion, RegionLevel
from matcher.regions.tree import holiday_region, nodes, region_code

MEDIAN_KM, P95_KM = 1.2, 6.6


@pytest.fixture(scope="module")
def table():
    return {row.pc4: row for row in read_table()}


@pytest.fixture(scope="module")
def published(reference_data):
    with (reference_data / "geonames_nl_postcodes" / "pc4_nl.csv").open(encoding="utf-8") as file:
        return {row["pc4"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def school_postcodes(reference_data):
    with gzip.open(reference_data / "schools_nl_2024" / "schools_nl_2024.csv.gz", "rt", encoding="utf-8") as file:
        return [row["pc4"] for row in csv.DictReader(file)]


def share(good, all_of_them):
    return 100 * good / all_of_them


def test_table_has_every_code_once_with_a_position_in_the_country(table):
    assert len(table) == len(read_table()) > 4_000
    assert all(50.7 < row.lat < 53.6 and 3.3 < row.lon < 7.3 for row in table.values())
    assert {row.source for row in table.values()} == SHIPPED


def test_table_agrees_with_the_rules_in_code(table):
    for row in table.values():
        assert row.region == region_code(row.pc4, row.province)
        assert row.holiday_region == holiday_region(row.pc4, row.province)


def test_table_written_again_is_the_same(table, tmp_path):
    write_table(list(table.values()), tmp_path / "again.csv")
    assert read_table(tmp_path / "again.csv") == list(table.values())


def test_tree_has_five_landsdelen_and_thirteen_regions():
    levels = Counter(node.level for node in nodes())
    assert levels == {RegionLevel.COUNTRY: 1, RegionLevel.LANDSDEEL: 5, RegionLevel.REGION: 13}
    seen = set()
    for node in nodes():
        assert node.parent is None or node.parent in seen
        seen.add(node.code)


@pytest.mark.parametrize(
    ("pc4", "province", "region", "holidays"),
    [
        ("4811", "Noord-Brabant", "west-brabant", "zuid"),  # Breda
        ("5611", "Noord-Brabant", "noord-brabant", "zuid"),  # Eindhoven
        ("4286", "Noord-Brabant", "west-brabant", "midden"),  # Almkerk, in Altena
        ("4273", "Noord-Brabant", "west-brabant", "zuid"),  # Hank, in Altena
        ("4695", "Zeeland", "zeeland", "zuid"),  # Sint-Maartensdijk
        ("3755", "Utrecht", "utrecht", "noord"),  # Eemnes
        ("3751", "Utrecht", "utrecht", "midden"),  # Bunschoten
        ("6811", "Gelderland", "gelderland", "zuid"),  # Arnhem
        ("7311", "Gelderland", "gelderland", "midden"),  # Apeldoorn
        ("3891", "Flevoland", "flevoland", "midden"),  # Zeewolde
        ("8011", "Overijssel", "overijssel", "noord"),  # Zwolle
    ],
)
def test_rules_place_known_towns(pc4, province, region, holidays):
    assert region_code(pc4, province) == region
    assert holiday_region(pc4, province) == HolidayRegion(holidays)


@pytest.mark.parametrize("written", ["1234", "1234AB", "1234 ab", " 1234 AB "])
def test_a_postcode_is_read_as_people_write_it(written):
    assert pc4_of(written) == "1234"


@pytest.mark.parametrize("written", ["", "0123", "123", "12345", "1234 A", "AB 1234", "1234-AB", "١٢٣٤", "1234\0"])
def test_what_is_no_postcode_is_not_read_as_one(written):
    assert pc4_of(written) is None


@pytest.mark.real_data
def test_error_weighted_by_schools_is_within_bounds(table, published, school_postcodes):
    known = [pc4 for pc4 in school_postcodes if pc4 in table]
    errors = [
        distance_km(table[pc4].lat, table[pc4].lon, float(published[pc4]["lat"]), float(published[pc4]["lon"]))
        for pc4 in known
    ]
    cuts = quantiles(errors, n=100)
    median, p95 = cuts[49], cuts[94]
    print(f"postcode error over {len(errors)} schools: median {median:.2f} km, 95 % within {p95:.2f} km")
    assert len(known) == len(school_postcodes)
    assert median <= MEDIAN_KM
    assert p95 <= P95_KM


@pytest.mark.real_data
def test_assignments_agree_with_the_published_ones(table, published, school_postcodes):
    both = sorted(table.keys() & published.keys())
    schools = Counter(school_postcodes)

    def province(pc4):
        return table[pc4].province.replace("Fryslân", "Friesland") == published[pc4]["provincie"]

    def holidays(pc4):
        return table[pc4].holiday_region == published[pc4]["vakantieregio"].lower()

    def west_brabant(pc4):
        row = published[pc4]
        theirs = row["arbeidsmarktregio"] == "West-Brabant" and row["provincie"] == "Noord-Brabant"
        return (table[pc4].region == "west-brabant") == theirs

    for agrees in (province, holidays, west_brabant):
        good = [pc4 for pc4 in both if agrees(pc4)]
        by_code = share(len(good), len(both))
        by_school = share(sum(schools[pc4] for pc4 in good), sum(schools[pc4] for pc4 in both))
        print(f"{agrees.__name__}: {by_code:.2f} % of {len(both)} postcodes agree, {by_school:.2f} % by schools")
        assert by_code >= 98.5
        assert by_school >= 99.5
