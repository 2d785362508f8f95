"""Every component in every state passes axe, on a desk and on a phone, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

PAGES = ("/styleguide", "/", "/figures", "/how-ranking-works", "/nowhere")


def findings(browser: Browser, address: str, width: int, scheme: Any) -> list[str]:
    """Per finding its page, rule and first element; pages wider than the window count too."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="nl-NL")
    page, found = context.new_page(), []
    page.on("pageerror", lambda error: found.append(f"script: {error}"))
    for path in PAGES:
        page.goto(address + path)
        faults = Axe().run(page).response["violations"]
        found += [f"{path} {fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in faults]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path} is wider than {width}")
    context.close()
    return found


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_pages_have_no_findings(browser: Browser, address: str, width: int, scheme: str) -> None:
    assert findings(browser, address, width, scheme) == []


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
