"""A scripted person at the main jobs of each role: fields, clicks, keys, and the seconds somebody needs for them.

The seconds follow from what is done and not from the machine: the keystroke-level model of Card, Moran and Newell, with
its own times for an average typist, a hand that goes to a place on the screen, and a moment to think before each step.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys.hand import Hand

KEY_S, POINT_S, PRESS_S, THINK_S = 0.28, 1.1, 0.2, 1.35
DOCUMENT = Path(__file__).parents[2] / "docs" / "journeys.md"
COUNTED = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \| (\d+) \| (\d+) \| (\d+) \|$", re.M)


@dataclass(frozen=True)
class Count:
    fields: int
    clicks: int
    seconds: int

    def grown_beyond(self, other: "Count") -> bool:
        return self.fields > other.fields or self.clicks > other.clicks or self.seconds > other.seconds


@dataclass
class Person(Hand):
    """Counts like a hand; also how many letters are typed."""

    letters: dict[str, int] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        super().write(name, text)
        self.letters[self.task] = self.letters.get(self.task, 0) + len(text)

    def tap(self, where: str | Locator, *, leaves: bool = False) -> None:
        """The first that can be seen; nobody presses what is hidden."""
        found = self.page.locator(where) if isinstance(where, str) else where
        shown = found.locator("visible=true").first
        expect(shown).to_be_visible()
        self.click(shown, leaves=leaves)

    def follow(self, address: str) -> None:
        """A button in a mail: one click, in the mail program."""
        self._count("clicks")
        self.page.goto(address)

    def count(self, task: str) -> Count:
        done, letters = self.done[task], self.letters.get(task, 0)
        steps = done["clicks"] + done["typed"] + done["keys"]
        pointed = done["clicks"] + done["typed"]
        seconds = letters * KEY_S + done["keys"] * KEY_S + pointed * (POINT_S + PRESS_S) + steps * THINK_S
        return Count(done["typed"], done["clicks"] + done["keys"], round(seconds))


@dataclass
class Ledger:
    """What every role did, in order: (role, job) → its count."""

    counts: dict[tuple[str, str], Count] = field(default_factory=dict)

    @contextmanager
    def of(self, role: str, job: str, page: Page) -> Iterator[Person]:
        person = Person(page)
        with person.at(job):
            yield person
        self.counts[role, job] = person.count(job)

    def table(self) -> str:
        lines = ["| role | job | fields | clicks | seconds |", "|---|---|--:|--:|--:|"]
        for (role, job), found in self.counts.items():
            lines.append(f"| {role} | {job} | {found.fields} | {found.clicks} | {found.seconds} |")
        return "\n".join(lines)


def written_down() -> dict[tuple[str, str], Count]:
    """The counts of the document, beyond which nothing may grow."""
    rows: Callable[[str], Iterator[re.Match[str]]] = COUNTED.finditer
    return {(row[1], row[2]): Count(int(row[3]), int(row[4]), int(row[5])) for row in rows(DOCUMENT.read_text("utf-8"))}
