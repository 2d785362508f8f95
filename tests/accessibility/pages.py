"""Every page there is, from the routes themselves: as it opens, with errors, too late, with a message of what was done.

Nobody lists pages here: a new route is looked at, or the test of what was seen fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from typing import Any

from flask import Flask, Response, abort, template_rendered
from jinja2 import Template
from werkzeug.test import TestResponse

from matcher.accounts.queries import actor_for
from matcher.web.guards import public
from tests.accessibility.more import LED_TO, More, Sent
from tests.web.crowd import VIEWERS, Crowd, addresses, rules_for
from tests.web.odd import Form, encoded, forms_of

FIRST = ("teacher", "guest_proposed", "coordinator", "contact", "lead", "administrator", "guest_approved", "anonymous")
"""Who is tried first: somebody with something to do on the page."""
BROKEN = "broken"
FAILURES = (400, 403, 404, 409, 413, 422, 429, 500, 503)
NO_PAGE = {
    "coordination.verify": "leads on to the list of the organisations",
    "home.healthz": "for whoever watches the server: JSON",
    "matching.calendar": "a calendar file",
    "matching.feed": "a calendar file",
    "matching.hours_statement_pdf": "a PDF",
    "matching.own_data": "a ZIP file",
    "matching.published": "leads back to the request",
    "matching.runbook": "leads back to the match",
    "matching.thread": "leads back to the match",
    "monitor.visits": "a CSV file",
    "organisations.start": "leads on to where somebody registers",
    "requests.internship_days": "a line inside a page",
    "subjects.suggest": "a list inside a page",
}
"""Addresses that give no page, each with the reason."""
TAG = re.compile(r'<(\w+)(?=[^>]*?class="([^"]*)")?')
KEPT_IN_FORMS = {"version", "kind", "token"}
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Page:
    """One answer: who asked what, and what came."""

    endpoint: str
    viewer: str
    path: str
    state: str
    status: int
    body: str
    templates: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.viewer} {self.path} ({self.state}, {self.status})"

    @cached_property
    def shapes(self) -> set[tuple[str, str]]:
        """Which elements with which classes: what a page can have that another has not."""
        return set(TAG.findall(self.body))


class Collector:
    """Asks as everybody and keeps what is a page."""

    def __init__(self, crowd: Crowd, locale: str = "nl") -> None:
        self.locale = {"Accept-Language": locale}
        self.crowd, self.rendered, self.led_to = crowd, set[str](), LED_TO
        self.status, self.roles = 0, dict[str, set[str]]()
        template_rendered.connect(self._note, crowd.app)

    def _note(self, _sender: Flask, template: Template, **_more: Any) -> None:
        self.rendered.add(template.name or "")

    def ask(self, endpoint: str, viewer: str, path: str, state: str, method: str = "GET", **sent: Any) -> Page | None:
        self.rendered.clear()
        answer = self.crowd.ask(viewer, path, method, headers=self.locale, **sent)
        self.status = answer.status_code
        self.led_to = answer.headers.get("Location", self.led_to)
        if state == "told" and answer.status_code in {302, 303}:
            self.rendered.clear()
            answer = self.crowd.ask(viewer, answer.location, headers=self.locale)
        return self._kept(answer, Page(endpoint, viewer, path, state, 0, ""))

    def _kept(self, answer: TestResponse, page: Page) -> Page | None:
        if answer.mimetype != "text/html" or 300 <= answer.status_code < 400 or "<main" not in answer.text:
            return None
        return replace(page, status=answer.status_code, body=answer.text, templates=frozenset(self.rendered))

    def opened(self, *, by_everybody: bool) -> Iterator[Page]:
        """Each address with each thing: for whoever sees it first, or for everybody."""
        for rule in rules_for(self.crowd, "GET"):
            skipped = rule.endpoint == BROKEN or (rule.endpoint in NO_PAGE and not by_everybody)
            viewers = self._may_see(rule.endpoint, VIEWERS if by_everybody else FIRST)
            for path in addresses(self.crowd, rule) if not skipped else ():
                for viewer in viewers:
                    page = self.ask(rule.endpoint, viewer, path, "open")
                    if page and (page.status == 200 or page.status == 410):
                        yield page
                        if not by_everybody:
                            break

    def _may_see(self, endpoint: str, viewers: tuple[str, ...]) -> list[str]:
        """Whose role the guard lets in, with those first who have something to do there."""
        guard = str(getattr(self.crowd.app.view_functions[endpoint], "guard", "public"))
        order = [*FIRST, *(viewer for viewer in viewers if viewer not in FIRST)]
        if not guard.startswith("roles:"):
            return order
        wanted = set(guard.removeprefix("roles:").split(","))
        return [viewer for viewer in order if wanted & self._roles(viewer)]

    def _roles(self, viewer: str) -> set[str]:
        if viewer not in self.roles:
            with self.crowd.database.read() as session:
                grants = actor_for(session, self.crowd.people[viewer]).grants if viewer != "anonymous" else ()
                self.roles[viewer] = {grant.role.value for grant in grants}
        return self.roles[viewer]

    def stepped(self, more: More) -> Iterator[Page]:
        """The steps one after the other; what they changed is undone at the end."""
        adapter, led_to = self.crowd.app.url_map.bind("localhost"), LED_TO
        for viewer, path, sent in more.steps:
            method = "GET" if sent is None else "POST"
            path = path or led_to
            endpoint = adapter.match(path.split("?")[0], method)[0]
            page = self.ask(endpoint, viewer, path, "open" if sent is None else "sent", method, data=handed_in(sent))
            led_to = self.led_to
            assert self.status < 400 or self.status == 409, f"{viewer} {path}: {self.status}"
            if page:
                yield page
        self.crowd.restore()
        self.crowd.browsers.clear()

    def failed(self) -> Iterator[Page]:
        for status in FAILURES:
            page = self.ask(BROKEN, "teacher" if status % 2 else "anonymous", f"/broken/{status}", "open")
            if page:
                yield page

    def sent(self, pages: list[Page], *, done: bool) -> Iterator[Page]:
        """Every form that was shown, sent with nothing in it and by somebody who saw an older page; `done`: also as it
        was, for the message that follows."""
        for endpoint, (page, form) in forms_in(self.crowd, pages).items():
            ways = [("with errors", _emptied(form))]
            if "version" in form.names:
                ways.append(("too late", [*form.sent(without="version"), ("version", "999")]))
            if done:
                ways.append(("told", form.fields))
            for state, fields in ways:
                answer = self.ask(
                    endpoint, page.viewer, form.action, state, "POST", data=encoded(fields), content_type=FORM
                )
                if answer and (state == "told" or answer.status >= 400):
                    yield answer
                if answer is None or answer.status < 400:
                    self.crowd.restore()
                    self.crowd.browsers.clear()


def handed_in(sent: Sent) -> Sent:
    """Files are read anew each time."""
    fresh = {name: (BytesIO(value[0]), value[1]) for name, value in (sent or {}).items() if isinstance(value, tuple)}
    return None if sent is None else {**sent, **fresh}


def forms_in(crowd: Crowd, pages: list[Page]) -> dict[str, tuple[Page, Form]]:
    """Per address that takes a form: the fullest one that was shown, and where."""
    adapter, found = crowd.app.url_map.bind("localhost"), dict[str, tuple[Page, Form]]()
    for page in pages:
        for form in forms_of(page.body):
            action = form.action.split("?")[0] or page.path
            if form.method != "POST" or not adapter.test(action, "POST"):
                continue
            endpoint = adapter.match(action, "POST")[0]
            form.action = form.action or page.path
            if endpoint not in found or len(found[endpoint][1].names) < len(form.names):
                found[endpoint] = (page, form)
    return found


def _emptied(form: Form) -> list[tuple[str, str | bytes]]:
    return [(name, value if name in KEPT_IN_FORMS else "") for name, value in form.fields]


def telling(pages: list[Page]) -> list[Page]:
    """The fullest page of each address and of each template, and as few more as have every element there is."""
    chosen = dict[str, Page]()
    for page in sorted(pages, key=lambda one: len(one.shapes)):
        if page.state == "open":
            chosen[page.endpoint] = page
    drawn = set[str]().union(*(page.templates for page in chosen.values()))
    for page in sorted(pages, key=lambda one: -len(one.shapes)):
        if not page.templates <= drawn:
            chosen[page.name] = page
            drawn |= page.templates
    left = set().union(*(page.shapes for page in pages)) - set().union(*(page.shapes for page in chosen.values()))
    while left:
        best = max(pages, key=lambda one: len(one.shapes & left))
        chosen[best.name] = best
        left -= best.shapes
    return list(chosen.values())


def every_kind(pages: list[Page]) -> list[Page]:
    """Every page that is not made of the same elements as another of the same address in the same state."""
    found = {(page.endpoint, page.state, page.status, frozenset(page.shapes)): page for page in pages}
    return list(found.values())


def add_failures(app: Flask) -> None:
    """An address that goes wrong in every way; an application in front of which nobody asked anything yet."""

    @app.get(f"/{BROKEN}/<int:status>", endpoint=BROKEN)
    @public
    def broken(status: int) -> Response:
        abort(status)
