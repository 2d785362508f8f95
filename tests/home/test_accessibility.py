"""Every component in every state passes axe, on a phone in the dark; every page: tests/accessibility."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

PAGES = ("/styleguide", "/", "/figures", "/how-ranking-works", "/nowhere")


def look(context: BrowserContext, address: str, paths: tuple[str, ...]) -> list[str]:
    """Per finding its page, rule and first element; pages wider than the window count too. Folded parts are opened."""
    page, found = context.new_page(), []
    page.on("pageerror", lambda error: found.append(f"script: {error}"))
    for path in paths:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details:not(.confirm)').forEach((each) => { each.open = true; })")
        faults = Axe().run(page).response["violations"]
        found += [f"{path} {fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in faults]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path} is wider than the window")
    context.close()
    return found


def window(browser: Browser, width: int, scheme: Any) -> BrowserContext:
    return browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="nl-NL")


@pytest.mark.browser
def test_pages_have_no_findings(browser: Browser, address: str) -> None:
    assert look(window(browser, 360, "dark"), address, PAGES) == []


@pytest.mark.browser
def test_confirm_and_toast_work_by_keyboard(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/styleguide")
    opener = page.locator("details.confirm summary").first
    opener.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.confirm[open] .confirm-panel").first.is_visible()
    page.keyboard.press("Escape")
    assert page.locator("details.confirm[open]").count() == 0
    assert opener.evaluate("element => element === document.activeElement")
    page.close()
