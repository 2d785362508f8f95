"""ESCO's occupations: names and groups, a second run, odd files: a sentence, exit code 2, nothing written."""

import codecs
import csv
import gzip
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.cli import main
from matcher.db import Database
from matcher.errors import InvalidInput
from matcher.organisations.esco import read_jobs
from matcher.organisations.occupations_importer import import_occupations
from matcher.organisations.outcomes import ImportReport
from matcher.subjects.models import Occupation
from matcher.subjects.queries import suggested_topics
from matcher.subjects.services import seed_topics
from tests.factories import NOW

HEADER = ["conceptType", "conceptUri", "iscoGroup", "preferredLabel", "altLabels", "status", "description"]
URI = "http://example.org/esco/occupation/"
DAIRY = ["Occupation", URI + "1", "8160", "wrongelroerder", "kaasstremmer\nwrongel\u00adroerster", "released", "Roert."]
NIGHT = ["Occupation", URI + "2", "2221", "nachtzuster", "", "released", 'Loopt "zacht".']


def packed(*rows: list[str], delimiter: str = ",", header: list[str] = HEADER) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows([header, *rows])
    return stream.getvalue().encode()


def zipped(*names: str, content: bytes = packed(DAIRY, NIGHT)) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return stream.getvalue()


def with_cell(place: int, value: str) -> bytes:
    row = list(DAIRY)
    row[place] = value
    return packed(NIGHT, row)


def bring(session: Session, content: bytes, *, lang: str = "nl", write: bool = True) -> ImportReport:
    jobs, wrong = read_jobs(content)
    report = import_occupations(session, jobs, wrong, lang=lang, now=NOW, write=write)
    session.expire_all()
    return report


def test_names_come_in_folded_without_soft_hyphens(session: Session) -> None:
    assert bring(session, packed(DAIRY, NIGHT)).counts() == {"new": 2, "changed": 0, "unchanged": 0, "refused": 0}
    row = session.get_one(Occupation, (URI + "1", "nl"))
    assert (row.isco, row.name) == ("8160", "wrongelroerder")
    assert row.folded == ["kaasstremmer", "wrongelroerder", "wrongelroerster"]


def test_second_run_changes_nothing_and_a_renamed_job_is_changed(session: Session) -> None:
    bring(session, packed(DAIRY, NIGHT))
    assert bring(session, packed(DAIRY, NIGHT)).counts() == {"new": 0, "changed": 0, "unchanged": 2, "refused": 0}
    renamed = [*NIGHT[:3], "nachtbroeder", *NIGHT[4:]]
    assert bring(session, packed(DAIRY, renamed)).counts() == {"new": 0, "changed": 1, "unchanged": 1, "refused": 0}
    assert session.get_one(Occupation, (URI + "2", "nl")).folded == ["nachtbroeder"]


def test_both_languages_stand_beside_each_other(session: Session) -> None:
    bring(session, packed(DAIRY))
    assert bring(session, packed([*DAIRY[:3], "curd stirrer", *DAIRY[4:]]), lang="en").counts()["new"] == 1
    assert bring(session, packed(DAIRY)).counts()["unchanged"] == 1


def test_dry_run_says_what_would_happen_and_writes_nothing(session: Session) -> None:
    assert bring(session, packed(DAIRY, NIGHT), write=False).counts()["new"] == 2
    assert session.scalar(select(func.count()).select_from(Occupation)) == 0


@pytest.mark.parametrize(
    "content",
    [
        zipped("occupations_nl.csv"),
        zipped("ESCO/occupations_nl.csv", "ESCO/skills_nl.csv"),
        gzip.compress(packed(DAIRY, NIGHT)),
        codecs.BOM_UTF8 + packed(DAIRY, NIGHT),
        packed(DAIRY, NIGHT).decode().encode("utf-16"),
        packed(DAIRY, NIGHT, delimiter=";"),
        packed(DAIRY, NIGHT).replace(b"\r\n", b"\n"),
        packed(DAIRY, [""] * len(HEADER), NIGHT),
        packed(DAIRY, NIGHT, ["ISCOGroup", *NIGHT[1:]], [*NIGHT[:5], "withdrawn", ""]),
        packed([*DAIRY[:2], "http://data.europa.eu/esco/isco/C8160", *DAIRY[3:]], NIGHT),
    ],
    ids=["zip", "zip with more", "gzip", "mark", "utf-16", "semicolons", "lf", "blank row", "others", "isco address"],
)
def test_file_in_another_dress_is_read(content: bytes) -> None:
    jobs, wrong = read_jobs(content)
    assert [(job.uri, job.isco) for job in jobs] == [(URI + "1", "8160"), (URI + "2", "2221")]
    assert wrong == []


NO_FILE = {
    "empty": (b"", "The file is empty"),
    "blank": (b" \n \n", "The file is empty"),
    "only a mark": (codecs.BOM_UTF8, "The file is empty"),
    "only a header": (packed(), "no occupations"),
    "only groups": (packed(["ISCOGroup", *NIGHT[1:]]), "no occupations"),
    "nul": (packed(DAIRY).replace(b"kaas", b"ka\0s"), "is a NUL"),
    "control sign": (packed(DAIRY).replace(b"kaas", b"ka\x07s"), "is a control sign"),
    "no utf-8": (packed(DAIRY) + b"\x81\x8d", "holds a byte"),
    "broken gzip": (gzip.compress(packed(DAIRY))[:-9], "cut off"),
    "no gzip": (b"\x1f\x8b" + b"x" * 50, "cannot be unpacked"),
    "gzip bomb": (gzip.compress(b" " * 70_000_000), "larger than 64 MB"),
    "broken zip": (zipped("occupations_nl.csv")[:-30], "damaged"),
    "no zip": (b"PK\x03\x04" + b"x" * 60, "damaged"),
    "other zip": (zipped("xl/workbook.xml"), "does not hold one occupations_nl.csv"),
    "two lists": (zipped("a/occupations_nl.csv", "b/occupations_en.csv"), "does not hold one"),
    "page": (b"<!doctype html>\n<html></html>\n", "row 1 lacks conceptUri"),
    "json": (b'{"rows": []}', "row 1 lacks conceptUri"),
    "skills": (packed(DAIRY, header=[*HEADER[:2], "skillType", *HEADER[3:]]), "row 1 lacks iscoGroup"),
    "no labels": (packed(DAIRY, header=[*HEADER[:4], "other", *HEADER[5:]]), "row 1 lacks altLabels"),
    "double column": (packed(DAIRY, header=[*HEADER[:6], "iscoGroup"]), "the name iscoGroup twice"),
    "short row": (packed(DAIRY, NIGHT[:3]), "has 3 cells where row 1 has 7"),
    "long row": (packed(DAIRY, [*NIGHT, "x"]), "has 8 cells"),
    "open quote": (packed(DAIRY) + b'Occupation,"' + URI.encode() + b"9,8160,x", "do not close"),
    "text behind a quote": (packed(DAIRY) + b'"Occupation"x,a,8160,b,c,released,d\n', "do not close"),
    "endless cell": (packed([*DAIRY[:6], "x" * 200_000]), "do not close"),
}
NO_ROW = {
    "no address": (with_cell(1, ""), "conceptUri"),
    "long address": (with_cell(1, "http://" + "x" * 300), "conceptUri"),
    "address twice": (with_cell(1, URI + "2"), "conceptUri"),
    "no group": (with_cell(2, ""), "iscoGroup"),
    "group of letters": (with_cell(2, "zuivel"), "iscoGroup"),
    "group of five": (with_cell(2, "81600"), "iscoGroup"),
    "odd digits": (with_cell(2, "²³"), "iscoGroup"),
    "no name": (with_cell(3, " "), "preferredLabel"),
    "name of signs": (with_cell(3, "!!!"), "preferredLabel"),
    "long name": (with_cell(3, "x" * 201), "altLabels"),
    "long other name": (with_cell(4, "x" * 201), "altLabels"),
    "too many names": (with_cell(4, "\n".join(f"naam {number}" for number in range(400))), "altLabels"),
}


@pytest.mark.parametrize("case", NO_FILE)
def test_file_that_is_no_list_is_refused_with_a_sentence(case: str) -> None:
    content, said = NO_FILE[case]
    with pytest.raises(InvalidInput) as refusal:
        read_jobs(content)
    assert said in str(refusal.value)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("case", NO_ROW)
def test_wrong_row_is_refused_with_its_column(case: str) -> None:
    content, column = NO_ROW[case]
    _jobs, wrong = read_jobs(content)
    assert [one.column for one in wrong] == [column]
    assert wrong[0].row > 1
    assert wrong[0].reason


def test_one_wrong_row_keeps_the_others_out(session: Session) -> None:
    assert len(bring(session, NO_ROW["group of letters"][0]).refused) == 1
    assert session.scalar(select(func.count()).select_from(Occupation)) == 0


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_ends_in_a_sentence_at_most(seed: int) -> None:
    chance = random.Random(seed)
    damaged = bytearray(packed(*[[*DAIRY[:1], f"{URI}{number}", *DAIRY[2:]] for number in range(8)]))
    for _damage in range(chance.randint(1, 6)):
        at = chance.randrange(len(damaged))
        damaged[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    try:
        jobs, wrong = read_jobs(bytes(damaged))
    except InvalidInput:
        return
    assert jobs or wrong


def run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["import", "occupations", *map(str, arguments)])


def test_command_brings_in_says_counts_and_refuses_with_exit_code_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path))
    good, bad, none = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "none.csv"
    good.write_bytes(packed(DAIRY, NIGHT))
    bad.write_bytes(with_cell(2, "zuivel"))
    none.write_bytes(b"naam;adres\nx;y\n")
    refused = run(none)
    assert (refused.exit_code, (tmp_path / "matcher.db").exists()) == (2, False)
    assert "This is no list of occupations" in refused.output
    assert "Dry run: nothing was written." in run(good, "--dry-run").output
    refused = run(bad)
    assert refused.exit_code == 2
    assert "column iscoGroup" in refused.output
    assert "new: 2" in run(good).output
    again = run(good)
    assert (again.exit_code, "changed: 0" in again.output, "new: 0" in again.output) == (0, True, True)
    assert run("--download").exit_code == 2
    database = Database(f"sqlite:///{tmp_path / 'matcher.db'}")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Occupation)) == 2
    database.dispose()


@pytest.mark.real_data
def test_own_file_of_esco_comes_in(session: Session, reference_data: Path) -> None:
    content = (reference_data / "esco_beroepen_nl" / "occupations_nl.csv.gz").read_bytes()
    assert bring(session, content).counts() == {"new": 3007, "changed": 0, "unchanged": 0, "refused": 0}
    assert bring(session, content).counts()["unchanged"] == 3007
    seed_topics(session)
    found = [choice.code for choice in suggested_topics(session, "procesoperator zuivel", "nl")]
    assert {"food_industry_sector", "mbo_process"} <= set(found)
