"""The style guide shows every component, and a browser photographs it in every dress."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.house.code import ROOT, templates

MACRO = re.compile(r"{%-?\s*macro (\w+)\(.*?{%-?\s*endmacro", re.S)
CALL = re.compile(r"(?<![\w\"'])(\w+)\(")
ICON = re.compile(r"""\bicon(?:_name)?(?:\(|=)\s*["']([a-z0-9-]+)["']""")
DRESSES = [(width, scheme) for width in (1280, 360) for scheme in ("light", "dark")]
MOVING = """() => [...document.querySelectorAll('*')].flatMap((one) => ['', '::before', '::after'].map((part) => {
  const style = getComputedStyle(one, part), ms = (text) => Math.max(...text.split(',').map(parseFloat));
  return Math.max(ms(style.animationDuration), ms(style.transitionDuration)) > 0.02 ? one.outerHTML.slice(0, 90) : '';
})).filter(Boolean)"""
DIFFER = """([here, there]) => [here, there].map((where) => {
  const style = getComputedStyle(document.querySelector(where));
  return [style.backgroundColor, style.backgroundImage, style.outlineStyle, style.borderTopColor].join();
})"""
TOLD_APART = [
    (".blocks i.on", ".blocks i:not(.on)"),
    (".strip i.free", ".strip i.booked"),
    (".strip i.free", ".strip i.maybe"),
    (".queue a[aria-current]", ".queue a:not([aria-current])"),
    (".tabs a[aria-current]", ".tabs a:not([aria-current])"),
    (".choice:has(:checked)", ".choice:not(:has(:checked))"),
    (".chip:has(:checked)", ".chip:not(:has(:checked))"),
]


def components() -> Iterator[tuple[str, str]]:
    for name, text in templates():
        if name.startswith("components/"):
            yield from ((found[1], found[0]) for found in MACRO.finditer(re.sub(r"{#.*?#}", "", text, flags=re.S)))


def test_every_component_has_a_place() -> None:
    """Itself, or inside one that has."""
    bodies = dict(components())
    shown, waiting = set[str](), [dict(templates())["home/styleguide.html"]]
    while waiting:
        called = set(CALL.findall(waiting.pop())) & bodies.keys() - shown
        shown |= called
        waiting += [bodies[name] for name in called]
    assert bodies.keys() - shown == set()


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/img/icons.svg").read_text(encoding="utf-8")))
    asked = {name for _file, text in templates() for name in ICON.findall(text)}
    assert asked - drawn == set()
    assert "search" in asked


def window(browser: Browser, width: int, scheme: Any, **more: Any) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="nl-NL", **more)
    return context.new_page()


@pytest.mark.browser
def test_style_guide_is_photographed_in_every_dress(browser: Browser, address: str, tmp_path: Path) -> None:
    shots: list[bytes] = []
    for width, scheme in DRESSES:
        page = window(browser, width, scheme)
        page.goto(address + "/styleguide")
        shots.append(page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True, animations="disabled"))
        heights = page.locator(".guide > section").evaluate_all("all => all.map(one => one.offsetHeight)")
        assert len(heights) >= 11
        assert min(heights) > 60, "a part shows nothing"
        dark = page.evaluate("parseInt(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]) < 128")
        assert dark == (scheme == "dark")
        page.context.close()
    assert len(set(shots)) == len(DRESSES)


@pytest.mark.browser
def test_nothing_moves_for_whom_that_is_too_much(browser: Browser, address: str) -> None:
    page = window(browser, 1280, "light", reduced_motion="reduce")
    page.goto(address + "/styleguide")
    assert page.evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOVING), "the rig sees nothing"
    page.context.close()


@pytest.mark.browser
def test_states_are_told_apart_in_the_colours_of_the_system(browser: Browser, address: str) -> None:
    page = window(browser, 1280, "light", forced_colors="active")
    page.goto(address + "/styleguide")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    same = [pair for pair in TOLD_APART if len(set(page.evaluate(DIFFER, list(pair)))) == 1]
    assert same == []
    page.context.close()
