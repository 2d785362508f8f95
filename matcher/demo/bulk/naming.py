"""Names for very many invented people, schools and companies: more than a list of names has. Pure."""

import tomllib
from functools import cache
from random import Random
from typing import Any

from matcher.demo.catalogue import DATA, Names

LETTERS = "ABCDEFGHIJKLMNPRSTVWZ"


class ManyNames:
    """People may share a name, as they do; their addresses never."""

    def __init__(self, dice: Random, taken: set[str]) -> None:
        self._dice, self._names, self._taken = dice, Names(dice), taken

    def person(self) -> tuple[str, str]:
        """(name, mail address)."""
        name, address = self._names.any()
        local, _at, domain = address.partition("@")
        if address in self._taken:
            first, _space, last = name.partition(" ")
            letter = self._dice.choice(LETTERS)
            name, local = f"{first} {letter}. {last}", f"{local}.{letter.lower()}"
            number = 1
            while (address := f"{local}{number if number > 1 else ''}@{domain}") in self._taken:
                number += 1
        self._taken.add(address)
        return name, address


class PlaceNames:
    """Schools and companies, each name once."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._used: set[str] = set()

    def school(self, sector: str) -> str:
        return self._next(self._dice.choice(_parts()["school"][sector]))

    def company(self, sector: str) -> str:
        return self._next(_parts()["company"].get(sector, "Bedrijf"))

    def board(self) -> str:
        return self._next("Stichting")

    def _next(self, kind: str) -> str:
        parts = _parts()
        for length in range(1, 40):
            words = [self._dice.choice(parts["adjectives"]) for _ in range(1 + length // 20)]
            name = f"{kind} De {' '.join(words)} {self._dice.choice(parts['nouns'])}"
            if name not in self._used:
                break
        self._used.add(name)
        return name


@cache
def _parts() -> dict[str, Any]:
    with (DATA / "names.toml").open("rb") as file:
        return tomllib.load(file)
