"""Files that are no school register: one sentence with row and column, nothing else."""

import codecs
import gzip
import io
import random
import zipfile

import pytest

from matcher.errors import InvalidInput
from matcher.organisations.register import read_register

HEADER = "INSTELLINGSCODE;VESTIGINGSCODE;VESTIGINGSNAAM;POSTCODE;PLAATSNAAM"
GOOD = "99ZA;99ZA00;De Linde;4811 AB;BREDA"


def lines(*rows):
    return "\n".join([HEADER, *rows, ""]).encode()


def zipped():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return content.getvalue()


BAD = {
    "empty": (b"", "The file is empty"),
    "blank": (b" \r\n\r\n", "The file is empty"),
    "only a mark": (codecs.BOM_UTF8, "The file is empty"),
    "only a header": (lines(), "no rows"),
    "excel": (zipped(), "zip or Excel"),
    "not utf-8 nor ansi": (lines(GOOD) + b"\x81\x8d", "Row 3 holds a byte"),
    "odd utf-16": (codecs.BOM_UTF16_LE + b"a", "holds a byte"),
    "nul": (lines(GOOD, "99ZB;99ZB00;De\0Wilg;4811 AB;BREDA"), "Row 3, character 15 is a NUL"),
    "control sign": (lines("99ZB;99ZB00;De\x07Wilg;4811 AB;BREDA"), "Row 2, character 15 is a control sign"),
    "broken gzip": (gzip.compress(lines(GOOD))[:-9], "cut off"),
    "no gzip inside": (b"\x1f\x8b" + b"x" * 50, "cannot be unpacked"),
    "gzip bomb": (gzip.compress(b" " * 70_000_000), "larger than 64 MB"),
    "wrong columns": (b"naam;adres\nx;y\n", "row 1 lacks INSTELLINGSCODE, VESTIGINGSCODE, POSTCODE and PLAATSNAAM"),
    "no columns": (b"hello world\nagain\n", "row 1 lacks"),
    "a page": (b"<!doctype html>\n<html></html>\n", "row 1 lacks"),
    "double column": ((HEADER + ";POSTCODE\n" + GOOD + ";x\n").encode(), "column 6: the name POSTCODE is there twice"),
    "too many columns": ((";".join(map(str, range(1_000))) + "\n1\n").encode(), "1,000 columns"),
    "far too many columns": ((";".join(map(str, range(10_000))) + "\n1\n").encode(), "Row 1 has 48,889 characters"),
    "large cell": (
        lines(f"99ZA;99ZA00;{'x' * 200_000};4811 AB;BREDA"),
        "Row 2, column 3 (VESTIGINGSNAAM): a cell of 200,0",
    ),
    "longish cell": (lines(f"99ZA;99ZA00;De Linde;{'x' * 5_000};BREDA"), "Row 2, column 4 (POSTCODE): a cell of 5,000"),
    "open quote": (
        lines(GOOD, '99ZB;99ZB00;"De Wilg;4811 AB;BREDA', GOOD),
        "Row 3, column 3 (VESTIGINGSNAAM): the quotes",
    ),
    "text behind a quote": (
        lines('99ZB;"99ZB00"x;De Wilg;4811 AB;BREDA'),
        "Row 2, column 2 (VESTIGINGSCODE): the quotes",
    ),
    "line break in a cell": (lines('99ZB;99ZB00;"De\nWilg";4811 AB;BREDA'), "Row 2, column 3 (VESTIGINGSNAAM)"),
    "short row": (
        lines(GOOD, "99ZB;99ZB00;De Wilg"),
        "Row 3 has 3 cells where row 1 has 5: the row ends before column 4",
    ),
    "long row": (lines(GOOD + ";x"), "Row 2 has 6 cells where row 1 has 5: cell 6"),
    "too many rows": (lines(*[GOOD] * 100_001), "100,001 rows"),
    "broken json": (b'{"type": "FeatureCollection",\n "features": [}', "broken at row 2, column 15"),
    "other json": (b'{"rows": []}', "not a GeoJSON collection"),
    "lines in json": (
        b'{"features": [{"geometry": {"coordinates": [[1, 2], [3, 4]]}, "properties": {}}]}',
        "not a GeoJSON",
    ),
    "deep json": (b'{"features":' + b"[" * 100_000, "JSON"),
    "no features": (b'{"features": []}', "no features"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_no_register_is_refused_with_a_sentence(case):
    content, said = BAD[case]
    with pytest.raises(InvalidInput) as refusal:
        read_register(content)
    assert said in str(refusal.value)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lat", "nan", "not a number of degrees"),
        ("lat", "1e400", "not a number of degrees"),
        ("lon", "north", "not a number of degrees"),
        ("lat", "48.85", "does not lie in the Netherlands"),
        ("lon", "-68.26", "does not lie in the Netherlands"),
        ("leerlingen", "-1", "not a number of pupils"),
        ("leerlingen", "²", "not a number of pupils"),
        ("leerlingen", "9" * 30, "not a number of pupils"),
    ],
)
def test_a_wrong_number_is_refused_with_its_column(name, value, said):
    row = {"brin_nummer": "99ZA", "vestigingscode": "99ZA00", "naam": "x", "postcode": "4811AB", "plaats": "Breda"}
    row |= {"lat": "51.5", "lon": "4.7", "leerlingen": "12"} | {name: value}
    found = read_register((",".join(row) + "\n" + ",".join(row.values()) + "\n").encode())
    assert not found.schools
    assert [(refusal.row, refusal.column) for refusal in found.refused] == [(2, name)]
    assert said in found.refused[0].reason


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_never_ends_in_anything_but_a_sentence(seed):
    chance = random.Random(seed)
    damaged = bytearray(lines(*[GOOD, '99ZB;99ZB01;"De Wilg; Oost";"4811 AB";BREDA'] * 5))
    for _damage in range(chance.randint(1, 6)):
        at = chance.randrange(len(damaged))
        damaged[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    try:
        found = read_register(bytes(damaged))
    except InvalidInput:
        return
    assert len(found.schools) + len(found.refused) + len(found.repeated) <= 13
