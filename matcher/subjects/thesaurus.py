"""Reads the hand-made thesaurus in `data/` into plain records. What a word in a text means is in `recognise`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from matcher.subjects.levels import ALL_LEVELS, GROUPS, Level, levels_in, mask_of

_FILES = {
    "subject": ("subjects_general", "subjects_vmbo_pro", "subjects_mbo_hbo"),
    "theme": ("themes_technology_nature", "themes_care_food_making", "themes_economy_society"),
    "sector": ("sectors",),
}


@dataclass(frozen=True)
class Entry:
    """One topic. Terms are as written in the files (hyphens and ! say how a term may sit in a compound)."""

    type: str
    code: str
    nl: str
    en: str
    levels: tuple[Level, ...]
    terms_nl: tuple[str, ...]
    terms_en: tuple[str, ...]
    exact: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    parent: str | None = None

    @property
    def level_mask(self) -> int:
        return mask_of(self.levels)

    def name(self, locale: str) -> str:
        return self.nl if locale == "nl" else self.en


@dataclass(frozen=True)
class Sense:
    topic: str
    cues: tuple[str, ...]


@dataclass(frozen=True)
class Ambiguity:
    """A word with several meanings; `otherwise` is its meaning without any cue ("" for none)."""

    senses: tuple[Sense, ...]
    otherwise: str = ""


@dataclass(frozen=True)
class Traps:
    silent: frozenset[str] = frozenset()
    silent_phrases: tuple[str, ...] = ()
    ambiguous: Mapping[str, Ambiguity] = field(default_factory=dict)


@dataclass(frozen=True)
class JobGroup:
    """A group of ISCO-08: the topics its jobs lead to, surest first, and everyday names of such jobs."""

    to: tuple[str, ...]
    names: tuple[str, ...]


def listed(text: str) -> tuple[str, ...]:
    """Terms of one line, in order, without repeats."""
    return tuple(dict.fromkeys(part.strip() for part in text.replace("\n", ",").split(",") if part.strip()))


def levels_named(text: str) -> tuple[Level, ...]:
    """Level codes and group names separated by spaces; nothing means every level."""
    if not text:
        return levels_in(ALL_LEVELS)
    mask = 0
    for word in text.split():
        mask |= mask_of(GROUPS[word]) if word in GROUPS else mask_of([Level(word)])
    return levels_in(mask)


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("matcher.subjects") / "data" / f"{name}.toml").read_text("utf-8"))


def _entry(type_: str, code: str, row: dict[str, Any]) -> Entry:
    return Entry(
        type=type_,
        code=code,
        nl=row["name"]["nl"],
        en=row["name"]["en"],
        levels=levels_named(row.get("levels", "")),
        terms_nl=listed(row["nl"]),
        terms_en=listed(row["en"]),
        exact=listed(row.get("exact", "")),
        hints=listed(row.get("hints", "")),
        near=listed(row.get("near", "")),
        parent=row.get("parent"),
    )


@cache
def entries() -> tuple[Entry, ...]:
    """Every topic of the files, in the order people see them."""
    return tuple(
        _entry(type_, code, row)
        for type_, files in _FILES.items()
        for file in files
        for code, row in _table(file).items()
    )


@cache
def traps() -> Traps:
    table = _table("ambiguous")
    quiet = table.pop("silent")
    ambiguous = {
        word: Ambiguity(tuple(Sense(s["topic"], listed(s["cues"])) for s in row["senses"]), row.get("otherwise", ""))
        for word, row in table.items()
    }
    return Traps(frozenset(listed(quiet["words"])), listed(quiet["phrases"]), ambiguous)


@cache
def small_words() -> frozenset[str]:
    """Folded words that say nothing about a topic, in both languages."""
    return frozenset(word for words in _table("small_words").values() for word in listed(words))


@cache
def job_groups() -> Mapping[str, JobGroup]:
    return {
        group: JobGroup(tuple(row["to"].split()), listed(f"{row['nl']}, {row['en']}"))
        for group, row in _table("occupations").items()
    }


def topics_of_job(isco: str) -> tuple[str, ...]:
    """What a job of this group leads to, by the longest group that is known; nothing for what is no group."""
    groups = job_groups()
    return next((groups[isco[:n]].to for n in range(len(isco), 0, -1) if isco[:n] in groups), ())
