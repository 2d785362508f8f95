"""Every component in every state passes axe, on a desk and on a phone, light and dark."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext

from matcher.db import Database
from tests.matching.stays import make_stay
from tests.matching.terms import make_term

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
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_pages_have_no_findings(browser: Browser, address: str, width: int, scheme: str) -> None:
    assert look(window(browser, width, scheme), address, PAGES) == []


@pytest.mark.browser
def test_internships_and_placements_have_no_findings(
    browser: Browser, address: str, sqlite_database: Database, sign_in: Callable[[int], FlaskClient]
) -> None:
    """Their forms, requests and matches, one way of looking each: the parts themselves are in the style guide."""
    with sqlite_database.write() as session:
        term, stay = make_term(session), make_stay(session)
        placement, lead = term.introduced(), term.lead
        stay.place()
        internship = stay.asked(stay.request())
        contact = stay.contacts[0]
        seen = {
            lead.id: ("/requests/new/vacancy", f"/requests/{placement.request_id}", f"/matches/{placement.id}"),
            stay.teacher.id: ("/requests/new/internship", f"/requests/{internship.request_id}"),
            contact.id: ("/offers/new/internship-place", f"/matches/{internship.id}", "/availability/away"),
            placement.professional_id: ("/offers/new/hybrid",),
        }
    found = []
    for user_id, paths in seen.items():
        cookie = sign_in(user_id or 0).get_cookie("matcher")
        assert cookie is not None
        context = window(browser, 360, "light")
        context.add_cookies([{"name": "matcher", "value": cookie.value, "url": address}])
        found += look(context, address, paths)
    assert found == []


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
