"""Levels of Dutch education: names, years, ages of pupils, bit masks and DUO's school structures.

Reading a level out of typed text is in `typed_level`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class SchoolSector(StrEnum):
    PO = "po"
    SO = "so"
    VO = "vo"
    MBO = "mbo"
    HBO = "hbo"


class Level(StrEnum):
    """Order matters: it is the order on pages and the order of the bits. Append only."""

    PO_ONDER = "po_onder"
    PO_BOVEN = "po_boven"
    SO = "so"
    VSO = "vso"
    PRO = "pro"
    VMBO_BB = "vmbo_bb"
    VMBO_KB = "vmbo_kb"
    VMBO_GL = "vmbo_gl"
    VMBO_TL = "vmbo_tl"
    HAVO = "havo"
    VWO = "vwo"
    ISK = "isk"
    MBO_1 = "mbo_1"
    MBO_2 = "mbo_2"
    MBO_3 = "mbo_3"
    MBO_4 = "mbo_4"
    HBO = "hbo"


@dataclass(frozen=True)
class LevelFacts:
    """`years` are numbered as the school does (groep in primary, leerjaar elsewhere).

    `age_offset`: a pupil in year y is usually between y + offset and y + offset + 1 + `age_spread` years old.
    """

    nl: str
    en: str
    sector: SchoolSector
    years: tuple[int, ...]
    age_offset: int
    age_spread: int = 0


_VMBO = (1, 2, 3, 4)

FACTS: dict[Level, LevelFacts] = {
    Level.PO_ONDER: LevelFacts(
        "Basisonderwijs groep 1–4", "Primary school, groups 1–4", SchoolSector.PO, (1, 2, 3, 4), 3
    ),
    Level.PO_BOVEN: LevelFacts(
        "Basisonderwijs groep 5–8", "Primary school, groups 5–8", SchoolSector.PO, (5, 6, 7, 8), 3
    ),
    Level.SO: LevelFacts(
        "Speciaal (basis)onderwijs", "Special primary education", SchoolSector.SO, tuple(range(1, 9)), 3, 1
    ),
    Level.VSO: LevelFacts(
        "Voortgezet speciaal onderwijs", "Special secondary education", SchoolSector.SO, tuple(range(1, 7)), 11, 2
    ),
    Level.PRO: LevelFacts("Praktijkonderwijs", "Practical training school", SchoolSector.VO, (1, 2, 3, 4, 5, 6), 11),
    Level.VMBO_BB: LevelFacts("Vmbo basis (bb)", "Vmbo basic (bb)", SchoolSector.VO, _VMBO, 11),
    Level.VMBO_KB: LevelFacts("Vmbo kader (kb)", "Vmbo middle management (kb)", SchoolSector.VO, _VMBO, 11),
    Level.VMBO_GL: LevelFacts("Vmbo gemengd (gl)", "Vmbo combined (gl)", SchoolSector.VO, _VMBO, 11),
    Level.VMBO_TL: LevelFacts("Vmbo-tl / mavo", "Vmbo theoretical (tl, mavo)", SchoolSector.VO, _VMBO, 11),
    Level.HAVO: LevelFacts("Havo", "Havo (senior general)", SchoolSector.VO, (1, 2, 3, 4, 5), 11),
    Level.VWO: LevelFacts("Vwo", "Vwo (pre-university)", SchoolSector.VO, (1, 2, 3, 4, 5, 6), 11),
    Level.ISK: LevelFacts(
        "Internationale schakelklas (isk)", "Class for newcomers (isk)", SchoolSector.VO, (1, 2, 3), 11, 4
    ),
    Level.MBO_1: LevelFacts("Mbo 1 (entree)", "Mbo 1 (entry)", SchoolSector.MBO, (1,), 15, 2),
    Level.MBO_2: LevelFacts("Mbo 2", "Mbo 2", SchoolSector.MBO, (1, 2), 15, 1),
    Level.MBO_3: LevelFacts("Mbo 3", "Mbo 3", SchoolSector.MBO, (1, 2, 3), 15, 1),
    Level.MBO_4: LevelFacts("Mbo 4", "Mbo 4", SchoolSector.MBO, (1, 2, 3, 4), 15, 1),
    Level.HBO: LevelFacts("Hbo", "Hbo (applied university)", SchoolSector.HBO, (1, 2, 3, 4), 16, 2),
}

LEVEL_BITS: dict[Level, int] = {level: 1 << position for position, level in enumerate(Level)}
ALL_LEVELS: int = sum(LEVEL_BITS.values())

VMBO = (Level.VMBO_BB, Level.VMBO_KB, Level.VMBO_GL, Level.VMBO_TL)
MBO = (Level.MBO_1, Level.MBO_2, Level.MBO_3, Level.MBO_4)

# Names of groups of levels, as the thesaurus and typed text use them.
GROUPS: dict[str, tuple[Level, ...]] = {
    "po": (Level.PO_ONDER, Level.PO_BOVEN),
    "vmbo": VMBO,
    "vmbo_bk": (Level.VMBO_BB, Level.VMBO_KB),
    "vmbo_gt": (Level.VMBO_GL, Level.VMBO_TL),
    "hv": (Level.HAVO, Level.VWO),
    "vo": (Level.PRO, *VMBO, Level.HAVO, Level.VWO),
    "avo": (*VMBO, Level.HAVO, Level.VWO),
    "mbo": MBO,
    "all": tuple(Level),
}

# What DUO calls the structure of a location; a "(V)SO" school has both kinds of special education.
_STRUCTURES: dict[str, tuple[Level, ...]] = {
    "basisschool": GROUPS["po"],
    "bo": GROUPS["po"],
    "sbao": (Level.SO,),
    "sbo": (Level.SO,),
    "so": (Level.SO,),
    "(v)so": (Level.SO, Level.VSO),
    "svso": (Level.SO, Level.VSO),
    "vso": (Level.VSO,),
    "pro": (Level.PRO,),
    "vbo": (Level.VMBO_BB, Level.VMBO_KB, Level.VMBO_GL),
    "vmbo": VMBO,
    "mavo": (Level.VMBO_GL, Level.VMBO_TL),
    "havo": (Level.HAVO,),
    "vwo": (Level.VWO,),
    # A separate building for the first years, before pupils are sorted.
    "brugjaar": (*VMBO, Level.HAVO, Level.VWO),
    "isk": (Level.ISK,),
    "mbo": MBO,
    "hbo": (Level.HBO,),
}


def level_bit(level: Level) -> int:
    return LEVEL_BITS[level]


def mask_of(levels: Iterable[Level]) -> int:
    mask = 0
    for level in levels:
        mask |= LEVEL_BITS[level]
    return mask


def levels_in(mask: int) -> tuple[Level, ...]:
    return tuple(level for level, bit in LEVEL_BITS.items() if mask & bit)


def level_name(level: Level, locale: str) -> str:
    return FACTS[level].nl if locale == "nl" else FACTS[level].en


def group_name(level: Level, year: int | None, locale: str) -> str:
    """What a school calls one group: `4 havo`, `groep 7`, `mbo 2, jaar 1`; without a year the level alone."""
    name = (level.value.replace("_", "-") if level in VMBO else level_name(level, locale)).split(" (")[0]
    name = name[:1].lower() + name[1:]
    if year is None:
        return name
    if level in (Level.PO_ONDER, Level.PO_BOVEN, Level.SO):
        return f"{'groep' if locale == 'nl' else 'group'} {year}"
    if level in MBO:
        return f"{name}, {'jaar' if locale == 'nl' else 'year'} {year}"
    return f"{year} {name}"


def sector_of(level: Level) -> SchoolSector:
    return FACTS[level].sector


def years_of(level: Level) -> tuple[int, ...]:
    return FACTS[level].years


def levels_for_structure(structure: str) -> tuple[Level, ...]:
    """Levels of a DUO structure such as "VBO/MAVO/HAVO"; unknown parts give nothing."""
    found = {level for part in structure.casefold().split("/") for level in _STRUCTURES.get(part.strip(), ())}
    return tuple(level for level in Level if level in found)


def typical_ages(levels: Iterable[Level], years: Iterable[int] = ()) -> tuple[int, int] | None:
    """Youngest and oldest usual age; without years, over all years of these levels. None when there is no level."""
    asked = set(years)
    youngest: list[int] = []
    oldest: list[int] = []
    for level in levels:
        facts = FACTS[level]
        for year in [y for y in facts.years if y in asked] or facts.years:
            youngest.append(year + facts.age_offset)
            oldest.append(year + facts.age_offset + 1 + facts.age_spread)
    return (min(youngest), max(oldest)) if youngest else None


def age_text(levels: Iterable[Level], years: Iterable[int], locale: str) -> str:
    """For company people, who know ages and not level codes: "15–16 jaar"; empty when there is no level."""
    ages = typical_ages(levels, years)
    if ages is None:
        return ""
    return f"{ages[0]}–{ages[1]} {'jaar' if locale == 'nl' else 'years'}"


# An example of the kind of group, for people who do not work at a school.
_EXAMPLES: dict[Level, tuple[str, str]] = {
    Level.PO_ONDER: ("kleuters en jonge kinderen", "young children"),
    Level.PO_BOVEN: ("kinderen van de basisschool", "primary school children"),
    Level.SO: ("kleine groep kinderen met extra hulp", "small group of children with extra support"),
    Level.VSO: ("kleine groep jongeren met extra hulp", "small group of teenagers with extra support"),
    Level.PRO: ("jongeren die leren door te doen, op weg naar werk", "teenagers who learn by doing, towards a job"),
    Level.VMBO_BB: ("jongeren die graag met hun handen leren", "teenagers who like learning with their hands"),
    Level.VMBO_KB: ("jongeren die een vak leren", "teenagers who learn a trade"),
    Level.VMBO_GL: ("jongeren die praktijk en theorie combineren", "teenagers who combine practice and theory"),
    Level.VMBO_TL: ("jongeren op weg naar mbo of havo", "teenagers on their way to a vocational college"),
    Level.HAVO: ("jongeren op weg naar het hbo", "teenagers on their way to an applied university"),
    Level.VWO: ("jongeren op weg naar de universiteit", "teenagers on their way to university"),
    Level.ISK: ("jongeren die net in Nederland zijn", "teenagers who are new to the Netherlands"),
    Level.MBO_1: ("jongeren zonder diploma die een start maken", "young people making a first start"),
    Level.MBO_2: ("studenten die een beroep leren", "students learning a trade"),
    Level.MBO_3: ("studenten die zelfstandig een beroep leren", "students learning a trade independently"),
    Level.MBO_4: ("studenten die specialist worden", "students becoming specialists"),
    Level.HBO: ("studenten van een hogeschool", "students of an applied university"),
}


def level_example(level: Level, locale: str) -> str:
    nl, en = _EXAMPLES[level]
    return nl if locale == "nl" else en
