"""What a browser says about a page: axe's findings, and what axe does not look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
NARROWEST = 320
"""Pixels: a window of 1280 enlarged to 400 %."""
LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
SCHEMES = ("light", "dark")


@dataclass
class Judge:
    """A window that shows one page after another. Elements that stand alike in alike elements have the same colours:
    unless `whole`, the contrast of each such place is measured once."""

    page: Page
    whole: bool = False
    known: dict[str, list[str]] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    looks: int = 0

    def __post_init__(self) -> None:
        self.page.context.add_init_script(AXE)
        self.page.context.add_init_script(LOOK)
        self.page.on("pageerror", lambda error: self.found.append(f"{self.page.url} script: {error}"))

    def look(self, name: str, address: str, *, schemes: Iterable[str], width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.goto(address)
        for scheme in schemes:
            self._judge(name, scheme, width)

    def _judge(self, name: str, scheme: Any, width: int) -> None:
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        known = self.known.setdefault(scheme, [])
        answer = self.page.evaluate("([known, whole]) => look(known, whole)", [known, self.whole])
        known += answer["places"]
        self.looks += 1
        self.found += [f"{name} {width} {scheme}: {fault}" for fault in answer["faults"]]

    def shrink(self, name: str, width: int = NARROWEST) -> None:
        """The page that is open now, in the narrowest window."""
        self.page.set_viewport_size({"width": width, "height": 640})
        known = self.known.setdefault(f"{width}", [])
        answer = self.page.evaluate("known => narrow(known)", known)
        known += answer["places"]
        self.found += [f"{name} {width}: {fault}" for fault in answer["faults"]]
