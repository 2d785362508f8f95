"""The thesaurus is complete, speaks both languages and contradicts itself nowhere."""

import re
from collections import defaultdict

import pytest

from matcher.subjects.levels import Level
from matcher.subjects.nearness import SAME, closeness, expand
from matcher.subjects.services import folded_terms
from matcher.subjects.thesaurus import Entry, entries, levels_named, traps
from matcher.subjects.vocabulary import shipped_vocabulary
from matcher.subjects.words import fold

ENTRIES = entries()
BY_CODE = {entry.code: entry for entry in ENTRIES}
VOCABULARY = shipped_vocabulary()


def of_type(type_: str) -> list[Entry]:
    return [entry for entry in ENTRIES if entry.type == type_]


def test_there_are_enough_topics_of_each_type():
    assert len(of_type("subject")) >= 120
    assert len(of_type("theme")) >= 90
    assert len(of_type("sector")) >= 25


def test_codes_are_unique_and_in_one_style():
    assert len(BY_CODE) == len(ENTRIES)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{1,59}", code) for code in BY_CODE)


def test_names_are_unique_in_each_language():
    for locale in ("nl", "en"):
        names = [fold(entry.name(locale)) for entry in ENTRIES]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_entry_has_names_and_synonyms_in_both_languages(entry: Entry):
    assert entry.nl.strip()
    assert entry.en.strip()
    assert len(entry.terms_nl) >= 2
    assert len(entry.terms_en) >= 1
    assert entry.levels
    assert {lang for lang, _ in folded_terms(entry)} == {"nl", "en"}


def test_every_level_has_subjects_of_its_own():
    for level in Level:
        assert sum(level in subject.levels for subject in of_type("subject")) >= 8, level


def test_links_lead_somewhere():
    linked = {code for entry in ENTRIES for code in (*entry.near, *([entry.parent] if entry.parent else []))}
    assert linked <= BY_CODE.keys()
    assert not [entry.code for entry in ENTRIES if not VOCABULARY.neighbours[entry.code]]


def test_no_term_belongs_to_two_topics():
    owners: dict[str, set[str]] = defaultdict(set)
    for entry in ENTRIES:
        names = {fold(entry.nl), fold(entry.en)}
        for _, folded in folded_terms(entry):
            if folded not in names:
                owners[folded].add(entry.code)
    assert {term: codes for term, codes in owners.items() if len(codes) > 1} == {}


def test_ambiguous_words_are_terms_of_nothing():
    written = {fold(term.strip("-!")) for entry in ENTRIES for term in (*entry.terms_nl, *entry.terms_en)}
    assert written & traps().ambiguous.keys() == set()


def test_senses_lead_to_topics():
    for ambiguity in traps().ambiguous.values():
        assert {sense.topic for sense in ambiguity.senses} - {""} <= BY_CODE.keys()
        assert ambiguity.otherwise in BY_CODE.keys() | {""}


@pytest.mark.parametrize("word", ["bank", "cel", "kracht", "stroom", "netwerk", "bouw", "vak", "stage"])
def test_trap_words_have_a_rule(word: str):
    assert word in traps().ambiguous


def test_care_food_crafts_creative_and_economy_are_as_present_as_technology():
    sizes = {
        "technology": ("energy", "robotics", "programming", "machines", "electricity"),
        "care": ("care", "home_care", "hospital", "elderly_care", "disability"),
        "food": ("cooking", "baking", "food_waste", "food_trade", "food_production"),
        "making": ("crafts", "fashion_textiles", "visual_arts", "theatre_stage", "photo_film"),
        "economy": ("entrepreneurship", "banking", "marketing", "retail", "trade"),
    }
    words = {kind: sum(len(folded_terms(BY_CODE[code])) for code in codes) for kind, codes in sizes.items()}
    assert min(words.values()) >= 0.6 * words["technology"]


def test_level_groups_are_understood():
    assert levels_named("hv") == (Level.HAVO, Level.VWO)
    assert len(levels_named("")) == len(Level)
    with pytest.raises(ValueError, match="mavoo"):
        levels_named("mavoo")


def test_closeness_is_one_for_the_same_less_for_neighbours_nothing_for_strangers():
    assert closeness(["physics"], ["physics"], VOCABULARY) == SAME
    assert closeness(["maths_a"], ["maths"], VOCABULARY) == 0.7
    assert closeness(["physics"], ["energy"], VOCABULARY) == 0.6
    assert 0 < closeness(["physics"], ["installation_sector"], VOCABULARY) < 0.5
    assert closeness(["heating"], ["banking"], VOCABULARY) == 0
    assert closeness([], ["banking"], VOCABULARY) == 0
    assert closeness(["banking"], [], VOCABULARY) == 0


def test_closeness_is_the_same_both_ways():
    for one in ("zw", "heating", "lob", "maths_a", "mbo_cook"):
        for other in ("home_care", "physics", "insurance", "food_waste", "nt2"):
            assert closeness([one], [other], VOCABULARY) == closeness([other], [one], VOCABULARY)


def test_expand_keeps_the_asked_topics_and_adds_one_step():
    found = expand(["heating"], VOCABULARY)
    assert found["heating"] == SAME
    assert found["energy"] == 0.6
    assert min(found.values()) >= 0.6
    assert expand(["unknown"], VOCABULARY) == {"unknown": SAME}


def test_expand_reaches_only_a_small_part_of_all_topics():
    assert max(len(expand([code], VOCABULARY)) for code in BY_CODE) < len(BY_CODE) / 8
