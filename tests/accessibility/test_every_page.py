"""No finding of axe on any page in any state, nothing to scroll sideways at 400 %, no words over the edge of their box,
a visible focus everywhere.

The default run looks at every page once (Dutch, light, 1280 px) and at each state that has something no page before it
had; `-m accessibility` at everything as everybody, in both languages, both themes and both widths.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from matcher.accounts.models import User
from matcher.i18n import LOCALES
from tests.accessibility.judge import SCHEMES, Judge
from tests.accessibility.pages import BROKEN, NO_PAGE, Collector, Page, every_kind, telling
from tests.accessibility.shop import Shop
from tests.house.code import templates
from tests.house.test_templates import is_page
from tests.web.crowd import rules_for

WIDTHS = (1280, 360)
FAULTY = {
    "color-contrast": '<p class="muted"><span class="faint">Nauwelijks te lezen</span></p>',
    "label": '<input class="input" name="nobody">',
    "target-size": '<p><a class="tiny" href="/a">a</a><a class="tiny" href="/b">b</a></p>',
    "no visible focus": '<a class="dull" href="/a">Waar ben ik</a>',
    "px wide": '<p class="broad">Heel breed</p>',
    "over the edge": '<p class="slim">Rendementsberekening</p>',
    "heading-order": "<h4>Te diep</h4>",
    "image-alt": '<details class="confirm"><summary class="btn">Weg</summary><div class="confirm-panel">'
    '<img src="/static/img/mark.svg" width="40" height="40"></div></details>',
}
FAULTY_STYLE = (
    "<style>.faint{color:#ccc}.tiny{font-size:8px;display:inline-block;width:9px;height:9px}"
    ".dull:focus-visible{outline:none}.broad{width:3000px}.slim{width:40px;white-space:nowrap}</style>"
)


@pytest.fixture(scope="module")
def pages(shop: Shop) -> list[Page]:
    collector = Collector(shop.crowd)
    opened = [*collector.opened(by_everybody=False), *collector.stepped(shop.more)]
    return [*opened, *collector.failed(), *collector.sent(opened, done=False)]


def test_every_route_and_every_template_is_looked_at(shop: Shop, pages: list[Page]) -> None:
    looked_at = telling(pages)
    routes = {rule.endpoint for rule in rules_for(shop.crowd, "GET")} - {BROKEN}
    assert routes - {page.endpoint for page in looked_at} == set(NO_PAGE), (
        "a page nobody looks at, or a reason too many"
    )
    drawn = set[str]().union(*(page.templates for page in looked_at))
    made = {name for name, text in templates() if is_page(name, text)}
    assert made - drawn == set(), "a template nobody looks at"
    assert {"open", "sent", "with errors", "too late"} <= {page.state for page in looked_at}
    assert {200, 403, 404, 409, 410, 422, 500} <= {page.status for page in looked_at}


@pytest.mark.browser
def test_no_page_has_a_finding(browser: Browser, shop: Shop, pages: list[Page]) -> None:
    window = browser.new_context(locale="nl-NL")
    judge = Judge(window.new_page())
    for page in telling(pages):
        judge.look(page.name, shop.address(page), schemes=["light"], width=1280)
        judge.shrink(page.name)
    window.close()
    print(f"{judge.looks} looks at pages and states, {len(judge.found)} findings")
    assert not judge.found, "\n".join(judge.found)


@pytest.mark.browser
@pytest.mark.parametrize("fault", FAULTY)
def test_planted_fault_is_found(browser: Browser, shop: Shop, pages: list[Page], fault: str) -> None:
    """Between pages that have nothing: what was seen before hides nothing."""
    good = next(page for page in pages if page.endpoint == "home.privacy")
    body = good.body.replace("</h1>", f"</h1>{FAULTY[fault]}", 1).replace("</head>", f"{FAULTY_STYLE}</head>")
    window = browser.new_context(locale="nl-NL")
    judge = Judge(window.new_page())
    judge.look("good", shop.address(good), schemes=["light"], width=1280)
    assert judge.found == []
    bad = replace(good, body=body)
    judge.look("bad", shop.address(bad), schemes=["light"], width=1280)
    window.close()
    assert any(fault in found for found in judge.found), judge.found


def everything(shop: Shop, locale: str) -> Iterator[Page]:
    collector = Collector(shop.crowd, locale)
    with shop.crowd.database.write() as session:
        session.execute(update(User).values(locale=locale))
    shop.crowd.keep()
    opened = [*collector.opened(by_everybody=True), *collector.stepped(shop.more)]
    yield from every_kind([*opened, *collector.failed(), *collector.sent(opened, done=True)])


@pytest.mark.browser
@pytest.mark.accessibility
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_has_a_finding_in_any_dress(browser: Browser, shop: Shop, locale: str, width: int) -> None:
    window = browser.new_context(locale=locale)
    judge, seen = Judge(window.new_page(), whole=True), list(everything(shop, locale))
    assert all(f'lang="{locale}"' in page.body for page in seen)
    for page in seen:
        judge.look(page.name, shop.address(page), schemes=SCHEMES, width=width)
        if width == min(WIDTHS):
            judge.shrink(page.name)
    window.close()
    print(f"{locale} {width}: {len(seen)} pages and states, {judge.looks} looks, {len(judge.found)} findings")
    assert not judge.found, "\n".join(judge.found)
