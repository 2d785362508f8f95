"""One page in every dress: two widths, light and dark, and on paper."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.accessibility.judge import LOOK

WIDTHS = {1280: 960, 360: 800}
SCHEMES = ("light", "dark")
HIGHEST = 12_000
"""Pixels that a window can be high."""
NUMBER = re.compile(r"\d+")
PAPER = 794
"""Pixels across a sheet of A4."""
WIDE = f"() => {{ {LOOK} return wide(); }}"
"""What is wider than the screen or stands over the edge of its box, as tests/accessibility judges it."""


@dataclass
class Picture:
    role: str
    path: str
    files: dict[tuple[int, str], str] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)


def kind_of(address: str) -> str:
    """Addresses that differ in their numbers alone are the same kind of page."""
    parts = urlsplit(address)
    names = sorted(part.partition("=")[0] for part in parts.query.split("&") if part)
    return NUMBER.sub("#", parts.path) + "?" + "&".join(names)


def dress(page: Page, start: Path, picture: Picture) -> None:
    """The page that is open; it is left as wide as it was. The window is as high as the page, so that what stays in
    sight while one scrolls stands where it ends."""
    page.wait_for_load_state("networkidle")
    for width, height in reversed(WIDTHS.items()):
        _fit(page, width, height)
        for scheme in SCHEMES:
            # The library names each scheme as a literal; ours is one of the two it knows.
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a word of SCHEMES
            _shoot(page, start, picture, width, scheme)
        picture.faults |= {f"at {width} px {fault}" for fault in page.evaluate(WIDE)}


def print_out(page: Page, start: Path, picture: Picture) -> None:
    page.emulate_media(media="print", color_scheme="light")
    _fit(page, PAPER, 1123)
    _shoot(page, start, picture, PAPER, "paper")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": WIDTHS[1280]})


def _fit(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for _ in range(2):  # a list that appears beside a form may come after the first look
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, min(whole, HIGHEST))})
        # On a busy machine the part below was not always drawn yet.
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def _shoot(page: Page, start: Path, picture: Picture, width: int, dressed: str) -> None:
    file = f"{start.name}-{width}-{dressed}.png"
    page.screenshot(path=start.parent / file, animations="disabled")
    picture.files[width, dressed] = file
