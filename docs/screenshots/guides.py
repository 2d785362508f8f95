"""Takes the pictures of docs/guides, in both languages, from a demonstration of its own; they go to var/guides.

Usage: .venv/bin/python docs/screenshots/guides.py [--base http://127.0.0.1:8000]
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from sheet import CHROMIUM, demonstration, signed_in

LANGUAGES = ("nl", "en")
WIDE, PHONE = 1280, 360
expect.set_options(timeout=30_000)


def at(path: str) -> Callable[[Page, str], None]:
    return lambda page, base: page.goto(base + path) and None


def asking(page: Page, base: str) -> None:
    """The form filled in, with the moments and the people beside it."""
    page.goto(base + "/requests/new/guest-lecture")
    page.locator("#school_class label.choice").nth(3).click()
    page.fill("#topic_text", "warmtepomp")
    for week in (3, 4):
        page.locator("label.week:not(.off)").nth(week).click()
    expect(page.locator(".along-people label.tick").first).to_be_visible()
    page.locator(".along-people label.tick").first.click()
    page.evaluate("scrollTo(0, 0)")


def choosing(page: Page, base: str) -> None:
    page.goto(base + "/requests")
    links = page.locator("a.row-link[href^='/requests/']").evaluate_all("all => all.map(one => one.href)")
    for link in links:
        page.goto(link)
        if page.locator("#invite label.tick:visible").count() > 3:
            break


def answering(page: Page, base: str) -> None:
    page.goto(base + "/matches")
    page.locator("a.row-link").first.click()
    page.wait_for_load_state()


def own_place(page: Page, base: str) -> None:
    """The page of the first organisation this person belongs to."""
    page.goto(base + "/organisations/")
    first = page.locator("main a[href^='/organisations/']").first
    if first.count():
        first.click()
        page.wait_for_load_state()


PICTURES: dict[str, tuple[str, int, Callable[[Page, str], None]]] = {
    "teacher-ask": ("teacher", WIDE, asking),
    "teacher-who": ("teacher", WIDE, choosing),
    "lead-start": ("lead", WIDE, at("/dashboard")),
    "lead-school": ("lead", WIDE, own_place),
    "professional-answer": ("professional", PHONE, answering),
    "professional-week": ("professional", WIDE, at("/availability")),
    "contact-start": ("contact", WIDE, at("/dashboard")),
    "contact-offers": ("contact", WIDE, at("/offers")),
    "coordinator-start": ("coordinator", WIDE, at("/coordination")),
    "coordinator-approve": ("coordinator", WIDE, at("/coordination/approve")),
    "administrator-status": ("admin", WIDE, at("/status")),
    "administrator-mail": ("admin", WIDE, at("/notices/dead")),
}


def take(base: str, folder: Path) -> int:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for language in LANGUAGES:
            (folder / language).mkdir(parents=True, exist_ok=True)
            for name, (role, width, go) in PICTURES.items():
                page = signed_in(browser, base, role, language, width)
                go(page, base)
                page.wait_for_timeout(300)
                page.screenshot(path=folder / language / f"{name}.png")
                page.context.close()
    return len(PICTURES) * len(LANGUAGES)


def main() -> int:
    parser = argparse.ArgumentParser(description="Takes the pictures of the guides")
    parser.add_argument("--base", help="a demonstration that runs already")
    asked = parser.parse_args()
    folder = Path("var/guides")
    with nullcontext(asked.base.rstrip("/")) if asked.base else demonstration(folder / "world") as base:
        print(f"{take(base, folder)} pictures in {folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
