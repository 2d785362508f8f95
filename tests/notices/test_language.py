"""A mail comes in the language its reader chose, and in the new one once they choose another."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

from flask import Flask
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import actor_for
from matcher.accounts.services import change_profile
from matcher.db import Database
from matcher.matching.services import withdraw_match
from matcher.matching.states import CancelReason
from matcher.notices.tasks import send_due
from tests.factories import NOW
from tests.matching.lives import make_life
from tests.notices.conftest import MailServer

MINUTES = timedelta(minutes=2)
ASKS = {"nl": "vraagt of je wilt komen voor", "en": "asks whether you will come for"}
ALWAYS = {"nl": "Je krijgt deze mail omdat je meedoet aan Matcher.", "en": "You get this mail because you take part"}


def chooses(session: Session, user_id: int, locale: str) -> None:
    """As the page about one's own account does it."""
    name = session.get_one(User, user_id).name
    change_profile(session, user_id=user_id, name=name, locale=locale, phone=None, function=None)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def mails_by_address(server: MailServer) -> dict[str, EmailMessage]:
    return {str(mail["To"]).split("<")[-1].rstrip(">"): mail for mail in server.sink.messages}


def test_mail_comes_in_the_language_that_was_chosen(
    mail_server: MailServer, sqlite_database: Database, mailing_app: Callable[..., Flask]
) -> None:
    app = mailing_app(sqlite_database, mail_url=mail_server.url)
    with sqlite_database.write() as session:
        life = make_life(session)
        readers = {"nl": life.offers[0].person_id or 0, "en": life.offers[1].person_id or 0}
        for locale, reader in readers.items():
            chooses(session, reader, locale)
        asked = {locale: life.asked(number).id for number, locale in enumerate(readers)}
        addresses = {locale: session.get_one(User, reader).email for locale, reader in readers.items()}
        teacher_id = life.teacher.id
    send_due(sqlite_database, app, NOW + MINUTES)
    got = mails_by_address(mail_server)
    for locale, address in addresses.items():
        assert got[address]["Content-Language"] == locale
        assert ASKS[locale] in text_of(got[address])
        assert ALWAYS[locale] in text_of(got[address])

    with sqlite_database.write() as session:
        chooses(session, readers["nl"], "en")
        who = actor_for(session, teacher_id)
        withdraw_match(session, asked["nl"], reason=CancelReason.OTHER, actor=who, now=NOW + MINUTES)
    send_due(sqlite_database, app, NOW + 2 * MINUTES)
    last = mails_by_address(mail_server)[addresses["nl"]]
    assert last["Subject"] != got[addresses["nl"]]["Subject"]
    assert (last["Content-Language"], ALWAYS["en"] in text_of(last)) == ("en", True)
