"""Reads levels and years out of what a teacher types ("4 havo", "Groep 7/8", "3/4 vmbo-kb"). Pure."""

import re
from dataclasses import dataclass

from matcher.subjects.levels import GROUPS, VMBO, Level, levels_in, mask_of
from matcher.subjects.words import fold


@dataclass(frozen=True)
class TypedLevels:
    """Levels in page order; years as the school numbers them (groep, leerjaar), sorted. Both may be empty."""

    levels: tuple[Level, ...] = ()
    years: tuple[int, ...] = ()

    @property
    def mask(self) -> int:
        return mask_of(self.levels)


_VMBO_PARTS: dict[str, tuple[Level, ...]] = {
    "bb": (Level.VMBO_BB,),
    "bbl": (Level.VMBO_BB,),
    "basis": (Level.VMBO_BB,),
    "b": (Level.VMBO_BB,),
    "kb": (Level.VMBO_KB,),
    "kbl": (Level.VMBO_KB,),
    "kader": (Level.VMBO_KB,),
    "k": (Level.VMBO_KB,),
    "bk": GROUPS["vmbo_bk"],
    "gl": (Level.VMBO_GL,),
    "gemengd": (Level.VMBO_GL,),
    "g": (Level.VMBO_GL,),
    "tl": (Level.VMBO_TL,),
    "theoretisch": (Level.VMBO_TL,),
    "theoretische": (Level.VMBO_TL,),
    "t": (Level.VMBO_TL,),
    "gt": GROUPS["vmbo_gt"],
    "gtl": GROUPS["vmbo_gt"],
}
_PART = r"(?:bbl|bb|basis|kbl|kb|kader|bk|gtl|gt|gl|gemengde?|tl|theoretische?|[bkgt])(?![a-z])"
_NUMBERS = r"[1-8](?:\s*(?:/|-|–|,|&|\+|en|t/m|tot en met)\s*[1-8](?!\d))*"

# Longest first: "voortgezet speciaal onderwijs" must not be read as "speciaal onderwijs".
_WORDS: list[tuple[str, tuple[Level, ...]]] = [
    (r"voortgezet speciaal onderwijs|vso|special secondary", (Level.VSO,)),
    (r"speciaal (?:basis)?onderwijs|sbo|special primary", (Level.SO,)),
    (r"praktijkonderwijs|praktijkschool|pro", (Level.PRO,)),
    (r"internationale schakelklas(?:sen)?|schakelklas(?:sen)?|isk|nieuwkomers(?:klas)?", (Level.ISK,)),
    (r"mavo", (Level.VMBO_TL,)),
    (r"havo", (Level.HAVO,)),
    (r"vwo|gymnasium|gymnasiasten|atheneum|pre-university", (Level.VWO,)),
    (r"hbo|hogeschool|associate degree|university of applied sciences", (Level.HBO,)),
    (r"kleuter(?:s|klas|klassen|groep|groepen)?", (Level.PO_ONDER,)),
    (r"basisschool|basisscholen|basisonderwijs|primair onderwijs|primary school|po", GROUPS["po"]),
]
_LEVEL = re.compile(
    r"(?<![a-z])(?:"
    rf"(?P<group>(?:groep|groepen|group|groups)\s*(?P<groups>{_NUMBERS}))(?!\d)"
    r"|(?P<mbo>mbo)(?:[\s-]*(?:(?:niveau|level|n)\s*)?(?P<steps>[1-4](?:\s*(?:/|-|en|,)\s*[1-4])*)(?![\d]))?"
    rf"|(?P<vmbo>vmbo)(?:[\s-]*(?P<parts>{_PART}(?:\s*(?:/|-|en)\s*{_PART})*))?"
    rf"|(?P<loose>(?:bb|kb|gl|tl|gt|basis|kader)(?:\s*/\s*(?:bb|kb|gl|tl|gt|basis|kader))*)(?![a-z])"
    + "".join(f"|(?P<w{i}>{pattern})" for i, (pattern, _) in enumerate(_WORDS))
    + r")(?![a-z])"
)
_YEAR_BEFORE = re.compile(
    rf"(?<![\d.,:])(?P<years>{_NUMBERS})\s*(?:e|ste|de)?\s*-?(?:klas(?:sen)?|jaars?|leerjaar)?[\s-]*$"
)
_YEAR_AFTER = re.compile(
    r"^(?:[\s-]*|\s*,?\s*(?:leerjaar|jaar|klas|year)\s*)"
    rf"(?P<years>{_NUMBERS})(?![\d.:]|\s*(?:e\b|uur|uren|les|leerl|dag|week|weken|maal|keer|rond|minu|stud|pupil|klas|groep|%))"
)
_NAMED_YEAR = re.compile(
    rf"(?<![a-z])(?:(?:leerjaar|klas|year|jaar)\s*(?P<a>{_NUMBERS})(?!\d)|(?P<b>[1-6])e?[- ]?(?:e|ste|de)[- ]?"
    r"(?:jaars?|klas|klassers?|leerjaar)(?![a-z])|(?P<c>brugklas(?:sen)?|brugjaar))"
)
_SHORT = re.compile(r"(?<![a-z0-9])(?:(?P<l>[hv])(?P<y>[1-6])|(?P<y2>[1-6])(?P<l2>[hv]))(?![a-z0-9])")
_LOOSE_NEEDS_YEAR = frozenset({"basis", "kader", "bb", "kb", "gl", "tl", "gt"})


def _numbers(text: str) -> set[int]:
    found = [int(n) for n in re.findall(r"\d", text)]
    if len(found) == 2 and ("-" in text or "–" in text or "t/m" in text or "tot" in text):
        return set(range(found[0], found[1] + 1))
    return set(found)


def _po_levels(groups: set[int]) -> set[Level]:
    return {Level.PO_ONDER if group <= 4 else Level.PO_BOVEN for group in groups}


def _levels_of(match: re.Match[str]) -> set[Level]:
    if match["group"]:
        return _po_levels(_numbers(match["groups"]))
    if match["mbo"]:
        return {Level(f"mbo_{step}") for step in _numbers(match["steps"] or "")} or set(GROUPS["mbo"])
    if match["vmbo"] or match["loose"]:
        parts = re.findall(r"[a-z]+", match["parts"] or match["loose"] or "")
        return {level for part in parts for level in _VMBO_PARTS.get(part, ())} or set(VMBO)
    for i, (_, levels) in enumerate(_WORDS):
        if match[f"w{i}"]:
            return set(levels)
    return set()


def _years_around(match: re.Match[str], text: str, cluster_start: int, cluster_end: int) -> set[int]:
    if match["group"]:
        return _numbers(match["groups"])
    before = _YEAR_BEFORE.search(text[:cluster_start])
    if before and not text[cluster_end:].startswith(("-klassen", " klassen", "klassen")):
        return _numbers(before["years"])
    if match["mbo"]:
        return set()
    after = _YEAR_AFTER.search(text[cluster_end:])
    return _numbers(after["years"]) if after else set()


def _clusters(text: str) -> list[list[re.Match[str]]]:
    """Levels joined by a slash, hyphen or "en" share their year: "3 havo/vwo"."""
    clusters: list[list[re.Match[str]]] = []
    for match in _LEVEL.finditer(text):
        gap = text[clusters[-1][-1].end() : match.start()] if clusters else ""
        if clusters and re.fullmatch(r"\s*(?:/|-|–|,|\+|en|&|of)\s*", gap):
            clusters[-1].append(match)
        else:
            clusters.append([match])
    return clusters


def _is_level(match: re.Match[str], raw: str, years: set[int]) -> bool:
    word = match[0]
    if match["loose"]:
        # "basis" and "kader" are everyday words: only with a year beside them, or written as "basis/kader".
        return bool(years) or "/" in word
    if word in ("po", "pro"):
        following = raw[match.end() : match.end() + 1]
        return raw[match.start() : match.end()].isupper() or bool(years) or (word == "pro" and following != "-")
    return True


def parse_level(text: str) -> TypedLevels:
    """Every level and year the text names; nothing is guessed when it names none."""
    raw = re.sub(r"(?<=\d)(?=(?:vmbo|mavo|havo|vwo|vso|isk|pro|bb|kb|gl|tl|gt)\b)", " ", text, flags=re.IGNORECASE)
    folded = fold(raw)
    if len(folded) != len(raw):
        raw = folded
    levels: set[Level] = set()
    years: set[int] = set()
    for cluster in _clusters(folded):
        for match in cluster:
            around = _years_around(match, folded, cluster[0].start(), cluster[-1].end())
            if _is_level(match, raw, around):
                levels |= _levels_of(match)
                years |= around
    for short in _SHORT.finditer(folded):
        levels.add(Level.HAVO if (short["l"] or short["l2"]) == "h" else Level.VWO)
        years.add(int(short["y"] or short["y2"]))
    if re.search(r"(?<!\w)SO(?!\w)", raw):
        levels.add(Level.SO)
    if Level.SO in levels:
        # Special primary schools number their groups too.
        levels -= set(GROUPS["po"])
    for named in _NAMED_YEAR.finditer(folded):
        years |= {1} if named["c"] else _numbers(named["a"] or named["b"])
    return TypedLevels(levels_in(mask_of(levels)), tuple(sorted(years)))
