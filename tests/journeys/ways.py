"""Two ways to go through a page that need less than others: the keyboard alone, and a browser without scripts.

Both know only what stands on the page: fields by their name, buttons and links by what they are.
"""

import re
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

from tests.journeys.conftest import PASSWORD, Walk

MOST_STOPS, LONGEST_S = 150, 60
STOP = """want => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const rings = [at, at.closest('label'), at.parentElement, at.nextElementSibling].some((one) => {
    const style = one && getComputedStyle(one);
    return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  });
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const around = at.closest('label') ?? at.parentElement;
  const seen = over && (around.contains(over) || over.contains(at));
  return {there: at.matches(want), fault: at === document.body || (rings && seen) ? '' : at.outerHTML.slice(0, 160)};
}"""


@dataclass
class Way(ABC):
    """How somebody gets on; `page` is theirs. What a kind of person cannot do, it does not do."""

    walk: Walk
    page: Page

    def go(self, path: str) -> None:
        self.page.goto(path)

    def sign_in(self, who: str) -> None:
        self.go("/accounts/sign-in")
        self.write("email", self.walk.people[who])
        self.write("password", PASSWORD)
        self.press("form:has([name=password]) button:not([name])")

    @abstractmethod
    def write(self, name: str, text: str) -> None: ...

    @abstractmethod
    def choose(self, where: str) -> None: ...

    @abstractmethod
    def unfold(self, where: str) -> None: ...

    @abstractmethod
    def press(self, where: str) -> None: ...

    def close(self) -> None:
        self.page.context.close()


@dataclass
class Keys(Way):
    """Tab, Enter, Space, arrows and letters. Wherever Tab comes, it must be seen: with a ring, and nothing over it."""

    unseen: set[str] = field(default_factory=set)

    def _to(self, where: str) -> None:
        for _stop in range(MOST_STOPS):
            found = self.page.evaluate(STOP, where)
            if found["fault"]:
                self.unseen.add(found["fault"])
            if found["there"]:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {where} on {self.page.url}")

    def write(self, name: str, text: str) -> None:
        self._to(f"[name={name}]")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("End")

    def choose(self, where: str) -> None:
        """A box by Space; of round ones Tab gives one, the arrows lead to the others."""
        wanted = self.page.locator(where).first
        if wanted.get_attribute("type") == "checkbox":
            self._to(where)
            self.page.keyboard.press("Space")
        else:
            self._to(f"[name='{wanted.get_attribute('name')}']")
            self.page.keyboard.press("Space")
            for _other in range(MOST_STOPS):
                if wanted.is_checked():
                    break
                self.page.keyboard.press("ArrowDown")
        assert wanted.is_checked(), where

    def unfold(self, where: str) -> None:
        self._to(where)
        self.page.keyboard.press("Enter")

    def press(self, where: str) -> None:
        """Until another page is there: what only moves within this one does not count."""
        self._to(where)
        self.page.evaluate("globalThis.stillHere = true")
        self.page.keyboard.press("Enter")
        # Asked again from here: a page that waits for words of ours would have to run them, which its policy forbids.
        deadline = time.monotonic() + LONGEST_S
        while not self._left():
            assert time.monotonic() < deadline, f"{where} led nowhere"
            self.page.wait_for_timeout(20)

    def _left(self) -> bool:
        try:
            return bool(self.page.evaluate("!globalThis.stillHere && document.readyState === 'complete'"))
        except Error:
            return False  # between two pages

    def close(self) -> None:
        super().close()
        assert not self.unseen, f"focus cannot be seen: {self.unseen}"


@dataclass
class Plain(Way):
    """A pointer in a browser that runs no scripts."""

    def _found(self, where: str) -> Locator:
        return self.page.locator(where).locator("visible=true").first

    def write(self, name: str, text: str) -> None:
        self._found(f"[name={name}]").fill(text)

    def choose(self, where: str) -> None:
        box = self.page.locator(where).first
        box.locator("xpath=ancestor::label").click()
        expect(box).to_be_checked()

    def unfold(self, where: str) -> None:
        self._found(where).click()

    def press(self, where: str) -> None:
        with self.page.expect_navigation():
            self._found(where).click()


WAYS: dict[str, tuple[type[Way], dict[str, Any]]] = {
    "keyboard": (Keys, {}),
    "no scripts": (Plain, {"java_script_enabled": False, "viewport": {"width": 360, "height": 800}}),
}


def way_for(walk: Walk, browser: Browser, name: str) -> Way:
    """A window of one's own."""
    kind, options = WAYS[name]
    context: BrowserContext = browser.new_context(base_url=walk.base, locale="nl-NL", **options)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("pageerror", lambda error: walk.faults.append(str(error)))
    page.on("response", lambda one: walk.faults.append(one.url) if one.status >= 500 else None)
    return kind(walk, page)


def number_in(address: str) -> int:
    found = re.search(r"/(\d+)", address)
    assert found is not None, address
    return int(found[1])
