"""Levels: bits, ages, DUO's structures, and reading levels out of typed text."""

import pytest

from matcher.subjects.levels import (
    ALL_LEVELS,
    FACTS,
    LEVEL_BITS,
    Level,
    SchoolSector,
    age_text,
    level_bit,
    level_example,
    level_name,
    levels_for_structure,
    levels_in,
    mask_of,
    sector_of,
    typical_ages,
    years_of,
)
from matcher.subjects.typed_level import parse_level

L = Level


def test_every_level_has_facts_names_and_a_bit_of_its_own():
    assert FACTS.keys() == LEVEL_BITS.keys() == set(Level)
    for level in Level:
        assert level_name(level, "nl")
        assert level_name(level, "en")
        assert level_example(level, "nl") != level_example(level, "en")
        assert years_of(level)
        assert levels_in(level_bit(level)) == (level,)
    assert sum(LEVEL_BITS.values()) == ALL_LEVELS


def test_mask_goes_there_and_back():
    assert levels_in(mask_of([L.VWO, L.HAVO, L.HAVO])) == (L.HAVO, L.VWO)
    assert mask_of([]) == 0


@pytest.mark.parametrize(
    ("levels", "years", "text"),
    [
        ((L.HAVO,), (4,), "15–16 jaar"),
        ((L.PO_BOVEN,), (7, 8), "10–12 jaar"),
        ((L.VMBO_BB,), (3,), "14–15 jaar"),
        ((L.PRO,), (), "12–18 jaar"),
        ((L.HAVO, L.VWO), (3,), "14–15 jaar"),
        ((L.MBO_2,), (1,), "16–18 jaar"),
        ((), (), ""),
    ],
)
def test_ages_are_said_for_company_people(levels: tuple[Level, ...], years: tuple[int, ...], text: str):
    assert age_text(levels, years, "nl") == text
    assert age_text(levels, years, "en") == text.replace("jaar", "years")


def test_year_a_level_does_not_have_falls_back_to_all_its_years():
    assert typical_ages([L.HAVO], [9]) == typical_ages([L.HAVO])


@pytest.mark.parametrize(
    ("structure", "levels"),
    [
        ("basisschool", (L.PO_ONDER, L.PO_BOVEN)),
        ("VBO/MAVO/HAVO/VWO", (L.VMBO_BB, L.VMBO_KB, L.VMBO_GL, L.VMBO_TL, L.HAVO, L.VWO)),
        ("PRO", (L.PRO,)),
        ("MAVO", (L.VMBO_GL, L.VMBO_TL)),
        ("(V)SO", (L.SO, L.VSO)),
        ("SBAO", (L.SO,)),
        ("VBO/MAVO/PRO", (L.PRO, L.VMBO_BB, L.VMBO_KB, L.VMBO_GL, L.VMBO_TL)),
        ("iets anders", ()),
    ],
)
def test_structure_of_the_register_gives_levels(structure: str, levels: tuple[Level, ...]):
    assert levels_for_structure(structure) == levels


def test_sector_follows_from_level():
    assert [sector_of(level) for level in (L.PO_ONDER, L.VSO, L.ISK, L.MBO_4, L.HBO)] == [
        SchoolSector.PO,
        SchoolSector.SO,
        SchoolSector.VO,
        SchoolSector.MBO,
        SchoolSector.HBO,
    ]


@pytest.mark.parametrize(
    ("text", "levels", "years"),
    [
        ("4 havo", (L.HAVO,), (4,)),
        ("3 vmbo-bb", (L.VMBO_BB,), (3,)),
        ("Groep 7/8", (L.PO_BOVEN,), (7, 8)),
        ("groep 4/5", (L.PO_ONDER, L.PO_BOVEN), (4, 5)),
        ("groep 5 t/m 8", (L.PO_BOVEN,), (5, 6, 7, 8)),
        ("Mbo 2", (L.MBO_2,), ()),
        ("mbo niveau 3/4", (L.MBO_3, L.MBO_4), ()),
        ("1e jaars mbo 4", (L.MBO_4,), (1,)),
        ("MBO-4 jaar 1", (L.MBO_4,), (1,)),
        ("5 vwo", (L.VWO,), (5,)),
        ("Vso", (L.VSO,), ()),
        ("3 havo/vwo", (L.HAVO, L.VWO), (3,)),
        ("3/4 vmbo-kb", (L.VMBO_KB,), (3, 4)),
        ("2 basis/kader", (L.VMBO_BB, L.VMBO_KB), (2,)),
        ("vmbo b/k", (L.VMBO_BB, L.VMBO_KB), ()),
        ("vmbo-gt 4", (L.VMBO_GL, L.VMBO_TL), (4,)),
        ("vmbo-tl leerjaar 3", (L.VMBO_TL,), (3,)),
        ("3mavo", (L.VMBO_TL,), (3,)),
        ("4H", (L.HAVO,), (4,)),
        ("v5", (L.VWO,), (5,)),
        ("4 gymnasium", (L.VWO,), (4,)),
        ("havo 4 en 5", (L.HAVO,), (4, 5)),
        ("mavo 3, havo 4", (L.VMBO_TL, L.HAVO), (3, 4)),
        ("brugklas havo", (L.HAVO,), (1,)),
        ("praktijkonderwijs klas 4", (L.PRO,), (4,)),
        ("pro 3", (L.PRO,), (3,)),
        ("isk", (L.ISK,), ()),
        ("kleuters", (L.PO_ONDER,), ()),
        ("voortgezet speciaal onderwijs", (L.VSO,), ()),
        ("SO groep 5", (L.SO,), (5,)),
        ("hbo verpleegkunde jaar 2", (L.HBO,), (2,)),
        ("Vso, 6 leerlingen, uitstroom arbeid", (L.VSO,), ()),
        ("LOB-dag 3 havo/vwo: 12 beroepen, 3 rondes van 25 minuten", (L.HAVO, L.VWO), (3,)),
        ("havo 3 uur", (L.HAVO,), ()),
        ("2 havo-klassen", (L.HAVO,), ()),
        ("10 vwo", (L.VWO,), ()),
        ("op basis van vertrouwen", (), ()),
        ("pro-actief, so what", (), ()),
        ("", (), ()),
    ],
)
def test_level_and_year_are_read_from_text(text: str, levels: tuple[Level, ...], years: tuple[int, ...]):
    found = parse_level(text)
    assert (found.levels, found.years) == (levels, years)
    assert found.mask == mask_of(levels)
