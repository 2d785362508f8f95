"""What a school asks for: read from the authority's exam table as it is published, or leaning by chance."""

import gzip
from pathlib import Path
from random import Random

import pytest

from matcher.demo.bulk.demand import EXAMS, Demand, read_exams, usual_demand
from matcher.demo.catalogue import lessons
from matcher.subjects.levels import Level

HEADER = (
    '"INSTELLINGSCODE";"VESTIGINGSCODE";"INSTELLINGSNAAM VESTIGING";"GEMEENTENAAM";"ONDERWIJSTYPE VO";"INSPECTIECODE";'
    '"OPLEIDINGSNAAM";"EXAMENKANDIDATEN SCHOOLJAAR 2022-2023 - TOTAAL";"EXAMENKANDIDATEN SCHOOLJAAR 2023-2024 - TOTAAL"'
)
ROWS = [
    ("VWO", "VWO - N&T", "10", "60"),
    ("VWO", "VWO - E&M / C&M", "", "20"),
    ("HAVO", "HAVO - E&M", "30", "<5"),
    ("VMBO", "VMBO B - techniek", "12", ""),
    ("VMBO", "VMBO T", "1", "2"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [
        f'"99ZZ";"99ZZ01";"Verzonnen";"NERGENS";"{kind}";"1";"{name}";"{old}";"{new}"' for kind, name, old, new in ROWS
    ]
    file = tmp_path / EXAMS
    file.parent.mkdir()
    file.write_bytes(gzip.compress("\r\n".join([HEADER, *lines]).encode("utf-8-sig")))
    return tmp_path


def test_exam_numbers_become_levels_and_fields(folder: Path) -> None:
    demand = read_exams(folder)["99ZZ01"]
    assert demand.candidates == {Level.VWO: 80, Level.HAVO: 2.5, Level.VMBO_BB: 12, Level.VMBO_TL: 2}
    assert demand.shares["vwo"]["technology"] == pytest.approx(60 / 80)
    assert demand.shares["vwo"]["economy"] == pytest.approx(10 / 80)
    assert demand.level_weight(Level.VWO) > 20 * demand.level_weight(Level.HAVO)
    assert demand.level_weight(Level.PRO) > 0


def test_a_school_asks_most_for_what_its_pupils_choose(folder: Path) -> None:
    demand, known = read_exams(folder)["99ZZ01"], lessons()
    assert demand.lesson_weight(known["chip"], Level.VWO) > 5 * demand.lesson_weight(known["ziekenhuis"], Level.VWO)
    assert demand.lesson_weight(known["ziekenhuis"], Level.PO_BOVEN) == demand.lesson_weight(known["chip"], Level.SO)


def test_without_a_table_every_school_leans_its_own_way(tmp_path: Path) -> None:
    assert read_exams(None) == {} == read_exams(tmp_path)
    one, other = usual_demand(Random(1)), usual_demand(Random(2))
    assert one.shares != other.shares
    assert sum(one.shares["havo"].values()) == pytest.approx(1)
    assert Demand().level_weight(Level.HAVO) == Demand({Level.HAVO: 0.0}).level_weight(Level.HAVO) == 1
