"""A person's hand in a browser: every click, tick, choice, typed field and key is counted, per task."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page


@dataclass
class Hand:
    """`page` is one that somebody is signed in on. Nothing here goes to an address: people press what they see."""

    page: Page
    done: dict[str, Counter[str]] = field(default_factory=dict)
    task: str = ""

    @contextmanager
    def at(self, task: str) -> Iterator[None]:
        before, self.task = self.task, task
        self.done.setdefault(task, Counter())
        yield
        self.task = before

    def _count(self, what: str) -> None:
        self.done[self.task][what] += 1

    def click(self, where: str | Locator, *, leaves: bool = False) -> None:
        """`leaves`: this opens another page, which is waited for."""
        found = self.page.locator(where).first if isinstance(where, str) else where
        self._count("clicks")
        with self._leaving(leaves):
            found.click()

    def press(self, name: str) -> None:
        """A link or button by its words, to another page."""
        words = re.compile(f"^{re.escape(name)}")
        button = self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words))
        self.click(button.first, leaves=True)

    def write(self, name: str, text: str) -> None:
        self._count("typed")
        self.page.fill(f"[name={name}]", text)

    def find(self, letters: str) -> None:
        """A few letters and Enter, in the box for searching."""
        self.write("q", letters.lower())
        self.key("Enter")

    def hand_in(self, name: str, file: Path) -> None:
        self._count("clicks")
        self.page.set_input_files(f"[name={name}]", file)

    def key(self, letter: str) -> None:
        self._count("keys")
        with self._leaving(True):
            self.page.keyboard.press(letter)

    @contextmanager
    def _leaving(self, leaves: bool) -> Iterator[None]:
        if not leaves:
            yield
            return
        with self.page.expect_navigation():
            yield

    def total(self, task: str) -> int:
        return self.done[task].total()

    def table(self) -> str:
        """One line per task, as a document shows it."""
        lines = [f"{'':42}{'clicks':>8}{'typed':>8}{'keys':>8}{'all':>8}"]
        for task, counts in self.done.items():
            cells = "".join(f"{counts[what]:>8}" for what in ("clicks", "typed", "keys"))
            lines.append(f"{task:42}{cells}{counts.total():>8}")
        return "\n".join(lines)
