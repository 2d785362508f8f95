"""What no link leads to: forms with errors, answers that came too late, links from mails, pages that went wrong, and
the letters themselves."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from camera import Picture, dress, kind_of
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher import create_app
from matcher.accounts.models import User
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.links import Links
from matcher.migrate import upgrade
from matcher.notices.letters import Unreadable, letters_of
from matcher.notices.models import Outbox
from tests.accessibility.pages import Collector, Page, telling
from tests.accessibility.shop import Shop, open_shop


def states(browser: Browser, folder: Path, language: str, shown: Collection[str]) -> Iterator[Picture]:
    """Of the crowd of the tests: every template and every element there is, in the states that have it. A page as it
    opens is left out when one of its kind was `shown` already."""
    with TemporaryDirectory() as place:
        file = Path(place) / "only.db"
        upgrade(f"sqlite:///{file}")
        with open_shop(file) as shop:
            page = browser.new_context(locale=language).new_page()
            for number, kept in enumerate(_kept(shop, language, shown)):
                picture = Picture("states", kept.name)
                page.goto(shop.address(kept))
                dress(page, folder / f"states-{number:03d}", picture)
                yield picture
            page.context.close()


def _kept(shop: Shop, language: str, shown: Collection[str]) -> list[Page]:
    with shop.crowd.database.write() as session:
        session.execute(update(User).values(locale=language))
    shop.crowd.keep()
    collector = Collector(shop.crowd, language)
    opened = [*collector.opened(by_everybody=False), *collector.stepped(shop.more)]
    found = telling([*opened, *collector.failed(), *collector.sent(opened, done=True)])
    return [page for page in found if page.state != "open" or page.status != 200 or kind_of(page.path) not in shown]


def letters(browser: Browser, world: Path, folder: Path, language: str) -> Iterator[Picture]:
    """The newest of each kind that a demonstration sent, as a mail program shows it; before others one that can still
    be answered."""
    page = browser.new_context(locale=language).new_page()
    for number, (template, html) in enumerate(_sent(world, language)):
        picture = Picture("letters", template)
        page.set_content(html)
        dress(page, folder / f"letters-{number:03d}", picture)
        yield picture
    page.context.close()


def _sent(world: Path, language: str) -> Iterator[tuple[str, str]]:
    with TemporaryDirectory() as place:
        copy = Path(place) / "matcher.db"
        shutil.copyfile(world / "matcher.db", copy)
        url = f"sqlite:///{copy}"
        settings: Any = {"var": Path(place), "database_url": url, "demo": True, "testing": True, "limits_url": ""}
        app = create_app(Settings(**settings))
        database, newest = Database(url), dict[str, tuple[Outbox, dict[str, Any]]]()
        with database.read() as session, app.app_context():
            for row in session.scalars(select(Outbox).order_by(Outbox.id)).all():
                session.expunge(row)
                row.locale = language
                links = _links_for(app, session, row)
                if links or not newest.get(row.template, (None, {}))[1]:
                    newest[row.template] = row, links
            for template, (row, links) in sorted(newest.items()):
                with suppress(Unreadable):
                    params = {**row.params, **links}
                    yield (
                        template,
                        letters_of(app).letter(template, params, locale=language, name=row.recipient_name).html,
                    )
        database.dispose()
        app.extensions["matcher_db"].dispose()


def _links_for(app: Flask, session: Session, row: Outbox) -> dict[str, Any]:
    """What only its reader gets: a link to answer with, while there is something to answer."""
    ask = app.extensions["matcher_letter_links"].get(row.subject)
    links = Links(app.extensions["matcher_settings"].require_secret())
    return dict(ask(session, links, row, utcnow())) if ask is not None else {}
