"""Takes the pictures of the documentation, in Dutch, from a running demonstration (`matcher demo`).

Usage: .venv/bin/python docs/screenshots/make.py http://127.0.0.1:8000
"""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PASSWORD = "matcher-demo-2026"  # noqa: S105  (printed by `matcher demo`; of generated people only)
SIZES = {"": (1280, 960), "-phone": (360, 1080)}


def page_at(path: str) -> Callable[[Page, str], None]:
    return lambda page, base: page.goto(base + path)


def choosing(page: Page, base: str) -> None:
    """The teacher's request with people to tick; two are ticked."""
    page.goto(base + "/requests")
    links = page.locator("a.row-link[href^='/requests/']").evaluate_all("all => all.map(one => one.href)")
    for link in links:
        page.goto(link)
        if page.locator("label.tick:visible").count() > 3:
            break
    for row in range(2):
        page.locator("label.tick").nth(row).click()
    page.evaluate("scrollTo(0, 0)")


def answering(page: Page, base: str) -> None:
    """The first question that waits for the professional, the first moment chosen."""
    page.goto(base + "/matches")
    page.locator("a.row-link").first.click()
    page.locator("label.choice").first.click()
    page.evaluate("scrollTo(0, 0)")


def row_with(pattern: str) -> Callable[[Page, str], None]:
    """The first row of the person's dashboard that says this."""

    def go(page: Page, base: str) -> None:
        page.goto(base + "/dashboard")
        page.locator("li:has(a.row-link)", has_text=re.compile(pattern)).first.locator("a.row-link").click()
        page.wait_for_load_state()

    return go


PICTURES: dict[str, tuple[str | None, Callable[[Page, str], None]]] = {
    "home": (None, page_at("/")),
    "teacher": ("teacher", page_at("/dashboard")),
    "request": ("teacher", choosing),
    "professional": ("professional", page_at("/availability")),
    "match-answer": ("professional", answering),
    "internship-plan": ("contact", row_with("Docentstage")),
    "placement-steps": ("lead", row_with(r"hybride docent.*vanaf")),
    "coordinator": ("coordinator", page_at("/coordination")),
    "cockpit": ("coordinator", page_at("/coordination/approve")),
}


def signed_in(browser: Browser, base: str, who: str | None, size: tuple[int, int]) -> Page:
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="nl-NL").new_page()
    if who:
        page.goto(base + "/accounts/sign-in")
        page.fill("input[name=email]", f"{who}@demo.example")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_load_state()
    return page


def main(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for name, (who, go) in PICTURES.items():
            for suffix, size in SIZES.items():
                page = signed_in(browser, base, who, size)
                go(page, base)
                page.wait_for_timeout(300)
                page.screenshot(path=HERE / f"{name}{suffix}.png")
                page.context.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
