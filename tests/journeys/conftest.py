"""The whole service for a browser: real pages on a free port, a real mail server, people with passwords."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from matcher.accounts.models import User
from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.tasks import due_work
from matcher.notices.tasks import send_due
from matcher.offers.services import refresh_search_key
from matcher.organisations.models import Organisation
from matcher.regions.queries import region_by_code
from matcher.regions.services import seed_regions
from matcher.safeguarding.services import seed_rules
from matcher.subjects.models import Topic
from matcher.subjects.queries import topics_matching
from matcher.subjects.services import seed_topics
from tests.factories.matching import make_class, make_offer, seed_transitions
from tests.factories.people import make_company, make_coordinator, make_professional, make_school, make_teacher
from tests.notices.conftest import MailServer

PASSWORD = "een heel lang wachtwoord"
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Walk:
    """Somebody behind a browser. `as_` signs in, `open` goes to a page, `post` reads the mail that came."""

    browser: Browser
    base: str
    app: Flask
    database: Database
    mails: MailServer
    people: dict[str, str]
    clock: Any
    pages: dict[str, Page] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    locale: str = "nl-NL"

    def as_(self, who: str) -> Page:
        """A browser of their own in which this person is signed in; opened once per person."""
        if who not in self.pages:
            context = self.browser.new_context(base_url=self.base, locale=self.locale)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.on("pageerror", lambda error: self.faults.append(str(error)))
            page.on("response", self._note)
            self.pages[who] = page
        page = self.pages[who]
        page.goto("/accounts/sign-in")
        if page.locator("input[name=password]").count():
            page.fill("input[name=email]", self.people[who])
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url("**/dashboard**") if who != "coordinator" else page.wait_for_load_state()
        return page

    def _note(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def later(self, **by: float) -> None:
        """The clock of the service goes on."""
        self.clock.shift(timedelta(**by))

    def at(self, moment: datetime) -> None:
        self.clock.move_to(moment)

    def work(self) -> None:
        """What the worker does: the clock's steps, then the mails that are due."""
        due_work(self.database, self.app, utcnow())
        send_due(self.database, self.app, utcnow())

    def mails_to(self, who: str) -> list[EmailMessage]:
        return [mail for mail in self.mails.sink.messages if self.people[who] in str(mail["To"])]


def link_in(mail: EmailMessage) -> str:
    """The path of the first link of ours in the text part that leads to a page of the site itself; links to answer
    with, without signing in, have tests of their own."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://[^/\s]+(/(?!answer/)\S+)", body.get_content())
    assert found is not None, body.get_content()
    return found[1]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def walk(
    database: Database,
    database_url: str,
    make_app: Callable[..., Flask],
    mail_server: MailServer,
    browser: Browser,
) -> Iterator[Walk]:
    """A school in Leeuwarden, five people nearby who fit a lesson on heat pumps, and the coordinator of Fryslân."""
    with time_machine.travel(datetime.now().astimezone(), tick=True) as clock:
        server = make_server("127.0.0.1", 0, _Later(), threaded=True)
        base = f"http://127.0.0.1:{server.port}"
        app = make_app(database_url, csrf=True, mail_url=mail_server.url, base_url=base, limits_url="memory://")
        app.config["SERVER_NAME"] = None
        server.app = app
        with database.write() as session:
            people = _people(session, app)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        walked = Walk(browser, base, app, database, mail_server, people, clock)
        yield walked
        for page in walked.pages.values():
            page.context.close()
        server.shutdown()
        thread.join(120)
    assert walked.faults == []


class _Later:
    """The server wants an application before its port, and with it the base address, is known."""


def _people(session: Session, app: Flask) -> dict[str, str]:
    now = utcnow()
    seed_transitions(session)
    seed_regions(session, now)
    seed_topics(session)
    seed_rules(session)
    region = region_by_code(session, "fryslan")
    hashed = app.extensions["matcher_passwords"].hash(PASSWORD)

    def person(make: Callable[..., User], who: str, **fields: Any) -> User:
        return make(session, email=f"{who}@journey.example", password_hash=hashed, created_at=now, **fields)

    school = make_school(session, pc4="8911", region=region, name="Het Verzonnen Lyceum")
    teacher = person(make_teacher, "teacher", school=school, name="Fenna de Vries")
    make_class(session, school=school, name="4Ha", weekly_periods=[[0, 3, 1], [1, 2, 1], [3, 2, 2]])
    person(make_coordinator, "coordinator", region=region, name="Douwe Coördinator")
    topic = topics_matching(session, "warmtepomp", "nl", 1)[0]
    for number in range(1, 6):
        company = make_company(session, pc4="8911", region=region, name=f"Warm Bedacht {number}")
        guest = person(make_professional, f"guest{number}", company=company, name=f"Gast Nummer {number}")
        if number == 1:
            person(make_professional, "colleague", company=company, name="Collega Van Een")
        _lesson(session, company, guest, topic.id, number, now)
    assert teacher.id
    names = ["teacher", "coordinator", "colleague", *(f"guest{n}" for n in range(1, 6))]
    return {who: f"{who}@journey.example" for who in names}


def _lesson(session: Session, company: Organisation, guest: User, topic_id: int, number: int, now: datetime) -> None:
    offer = make_offer(
        session,
        company=company,
        person=guest,
        topics=[session.get_one(Topic, topic_id)],
        title=f"Rekenen aan een warmtepomp {number}",
        travel_km=20 + number,
        notice_days=3,
        open_cap=3,
        created_at=now,  # who offered for months without a question gets a letter about it
    )
    refresh_search_key(session, offer.id, now=now)
