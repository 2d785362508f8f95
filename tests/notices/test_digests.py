"""News together once a day or a week: everything exactly once, at four o'clock, whatever people change meanwhile."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.notices import digest_services, services
from matcher.notices.digest_services import DIGEST, choose_mail, gather
from matcher.notices.models import NoticeState, Outbox
from matcher.notices.recipients import Recipient
from matcher.notices.rhythms import next_departure
from matcher.notices.states import DeadReason, Manner, Rhythm
from matcher.notices.tasks import due_work, send_due
from tests.factories import NOW
from tests.factories.people import make_user

AppMaker = Callable[..., Flask]
FOUR = NOW.replace(hour=15)
"""Four o'clock in the Netherlands on the Monday on which the tests begin."""
LATER = NOW + timedelta(minutes=2)


def reader(session: Session) -> Recipient:
    user = make_user(session, name="Anna")
    return Recipient(user.id, user.email, "Anna", "nl")


def put(session: Session, to: Recipient, number: int = 1, **changes: Any) -> None:
    values: dict[str, Any] = {
        "template": "test/hello",
        "params": {"topic": f"Topic-{number}.", "words": "w", "path": "/help", "title": "Robots"},
        "subject": "test",
        "subject_id": number,
        "seq": 1,
        "now": NOW,
        "channels": ("mail", "inbox"),
        "manner": Manner.NEWS,
    }
    services.enqueue(session, recipient=to, **{**values, **changes})


def mails(session: Session) -> list[Outbox]:
    session.expire_all()
    return list(session.scalars(select(Outbox).where(Outbox.channel == "mail").order_by(Outbox.id)))


def claimed(session: Session, now: datetime) -> list[str]:
    return [row.template for row in services.claim_due(session, now, 10)]


@pytest.mark.parametrize(
    ("rhythm", "after", "leaves"),
    [
        (Rhythm.DAILY, "2026-11-23T08:00", "2026-11-23T15:00"),
        (Rhythm.DAILY, "2026-11-23T15:00", "2026-11-24T15:00"),
        (Rhythm.DAILY, "2026-11-27T15:30", "2026-11-30T15:00"),
        (Rhythm.WEEKLY, "2026-11-23T08:00", "2026-11-23T15:00"),
        (Rhythm.WEEKLY, "2026-11-24T08:00", "2026-11-30T15:00"),
        # Summer time ends on Sunday 25 October and begins on Sunday 28 March: four o'clock stays four o'clock.
        (Rhythm.DAILY, "2026-10-23T14:30", "2026-10-26T15:00"),
        (Rhythm.WEEKLY, "2026-10-19T14:00", "2026-10-26T15:00"),
        (Rhythm.DAILY, "2027-03-26T15:30", "2027-03-29T14:00"),
    ],
)
def test_departure_is_four_o_clock_on_dutch_clocks(rhythm: Rhythm, after: str, leaves: str) -> None:
    begin = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert next_departure(rhythm, begin) == datetime.fromisoformat(leaves).replace(tzinfo=UTC)


def test_news_goes_at_once_unless_somebody_chose_otherwise(session: Session) -> None:
    put(session, reader(session))
    assert claimed(session, LATER) == ["test/hello"]


def test_news_waits_for_the_hour_and_leaves_as_one_mail(session: Session) -> None:
    anna = reader(session)
    choose_mail(session, user_id=anna.user_id or 0, rhythm=Rhythm.DAILY, extras=True, now=NOW)
    for number in range(3):
        put(session, anna, number)
    assert claimed(session, LATER) == []
    assert not [row for row in mails(session) if row.not_before != FOUR]
    assert gather(session, anna.user_id or 0, now=FOUR)
    assert not gather(session, anna.user_id or 0, now=FOUR), "the same news twice"
    assert claimed(session, FOUR) == [DIGEST]


@pytest.mark.parametrize(
    "changes",
    [
        {"manner": Manner.AT_ONCE},
        {"manner": Manner.SECURITY},
        {"calendar": "BEGIN:VCALENDAR", "calendar_method": "REQUEST"},
    ],
)
@pytest.mark.parametrize("rhythm", [Rhythm.WEEKLY, Rhythm.NEVER])
def test_what_has_a_date_never_waits(session: Session, changes: dict[str, Any], rhythm: Rhythm) -> None:
    anna = reader(session)
    choose_mail(session, user_id=anna.user_id or 0, rhythm=rhythm, extras=False, now=NOW)
    put(session, anna, **changes)
    assert claimed(session, LATER) == ["test/hello"]


def test_later_letter_about_the_same_thing_does_not_wait_for_news(session: Session) -> None:
    anna = reader(session)
    choose_mail(session, user_id=anna.user_id or 0, rhythm=Rhythm.WEEKLY, extras=True, now=NOW)
    put(session, anna, 1, seq=1)
    put(session, anna, 1, seq=2, manner=Manner.AT_ONCE)
    (row,) = services.claim_due(session, NOW + timedelta(days=30), 10)
    assert row.seq == 2


def test_no_mail_at_all_leaves_the_inbox(session: Session) -> None:
    anna = reader(session)
    choose_mail(session, user_id=anna.user_id or 0, rhythm=Rhythm.NEVER, extras=True, now=NOW)
    put(session, anna)
    states = {row.channel.value: row.state for row in session.scalars(select(Outbox))}
    assert states == {"mail": NoticeState.WITHHELD, "inbox": NoticeState.QUEUED}


def test_without_extras_only_optional_letters_stay_away(session: Session) -> None:
    anna = reader(session)
    put(session, anna, 1, manner=Manner.OPTIONAL)
    choose_mail(session, user_id=anna.user_id or 0, rhythm=Rhythm.AT_ONCE, extras=False, now=NOW)
    put(session, anna, 2, manner=Manner.OPTIONAL)
    put(session, anna, 3)
    assert [row.state for row in mails(session)] == [NoticeState.WITHHELD, NoticeState.WITHHELD, NoticeState.QUEUED]


@pytest.mark.usefixtures("patient")
def test_two_workers_make_one_mail(database: Database) -> None:
    with database.write() as session:
        anna = reader(session)
        choose_mail(session, user_id=anna.user_id or 0, rhythm=Rhythm.DAILY, extras=True, now=NOW)
        for number in range(20):
            put(session, anna, number)
    made: list[bool] = []
    gate = Barrier(4)

    def work() -> None:
        gate.wait(120)
        with database.write() as session:
            made.append(gather(session, anna.user_id or 0, now=FOUR))

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(made) == [False, False, False, True]
    with database.read() as session:
        digests = session.scalars(select(Outbox).where(Outbox.template == DIGEST)).all()
        assert len(digests) == 1
        assert {row.digest_id for row in mails(session)} == {digests[0].id, None}


class Postbox:
    """One reader whose choices change, and what arrived."""

    def __init__(self, database: Database, app: Flask, seed: int) -> None:
        self.database, self.app, self.now, self.number = database, app, NOW, 0
        self.dice = random.Random(seed)
        with database.write() as session:
            self.anna = reader(session)

    def step(self) -> None:
        with self.database.write() as session:
            if self.dice.random() < 0.7:
                self.number += 1
                put(session, self.anna, self.number, now=self.now)
            elif self.dice.random() < 0.5:
                rhythm = self.dice.choice([Rhythm.AT_ONCE, Rhythm.DAILY, Rhythm.WEEKLY])
                choose_mail(session, user_id=self.anna.user_id or 0, rhythm=rhythm, extras=True, now=self.now)
        self.now += timedelta(hours=self.dice.choice([0, 1, 5, 20]))
        send_due(self.database, self.app, self.now)

    def arrived(self) -> Counter[str]:
        """How often each topic was told, on its own or with others."""
        found: Counter[str] = Counter()
        for message in self.app.extensions["matcher_mailer"].messages:
            part = message.get_body(preferencelist=("plain",))
            text = message["Subject"] + " " + (part.get_content() if part else "")
            found.update({word.strip("():") for word in text.split() if word.startswith("Topic-")})
        return found


@pytest.mark.parametrize("steps", [50, pytest.param(1500, marks=pytest.mark.integrity)])
def test_nothing_is_lost_or_told_twice_whatever_people_choose(
    sqlite_database: Database, mailing_app: AppMaker, steps: int
) -> None:
    box = Postbox(sqlite_database, mailing_app(sqlite_database, mail_url="memory:"), seed=steps)
    for _ in range(steps):
        box.step()
    for _ in range(3):
        box.now += timedelta(days=8)
        send_due(box.database, box.app, box.now)
    assert box.arrived() == {f"Topic-{number}.": 1 for number in range(1, box.number + 1)}
    messages = len(box.app.extensions["matcher_mailer"].messages)
    assert messages < box.number, "nothing ever went together"


def test_control_mail_that_forgets_what_it_told_tells_it_twice(
    sqlite_database: Database, mailing_app: AppMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rig sees doubles: when it is not noted what stood in the mail, the notices go into the next one too."""
    monkeypatch.setattr(digest_services, "settle_parts", lambda *args, **values: None)
    box = Postbox(sqlite_database, mailing_app(sqlite_database, mail_url="memory:"), seed=1)
    with box.database.write() as session:
        choose_mail(session, user_id=box.anna.user_id or 0, rhythm=Rhythm.DAILY, extras=True, now=NOW)
        for number in range(3):
            put(session, box.anna, number)
    for days in range(2):
        due_work(box.database, box.app, FOUR + timedelta(days=days))
    assert set(box.arrived().values()) == {2}


def test_mail_together_groups_and_says_how_to_stop(sqlite_database: Database, mailing_app: AppMaker) -> None:
    app = mailing_app(sqlite_database, mail_url="memory:")
    app.extensions["matcher_still_true"] = {"test": lambda session, subject_id, seq, template: subject_id != 2}
    with sqlite_database.write() as session:
        anna = reader(session)
        choose_mail(session, user_id=anna.user_id or 0, rhythm=Rhythm.WEEKLY, extras=True, now=NOW)
        for number in (1, 2, 3):
            put(session, anna, number, params={"topic": f"Topic-{number}.", "words": "w", "path": "/help",
                                               "title": "Robots", "match_id": 7})  # fmt: skip
    assert send_due(sqlite_database, app, FOUR)["mails_sent"] == 1
    (message,) = app.extensions["matcher_mailer"].messages
    text, html = (part.get_content() for part in message.iter_parts())
    assert text.count("Robots") == html.count("Robots") == 1
    assert "Topic-1." in text
    assert "Topic-2." not in text + html, "no longer true"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].strip("<>") in text
    with sqlite_database.read() as session:
        states = [row.state for row in mails(session)]
    assert states == [NoticeState.SENT, NoticeState.WITHHELD, NoticeState.SENT, NoticeState.SENT]


def test_refused_mail_together_is_kept_and_can_be_sent_again(session: Session) -> None:
    anna = reader(session)
    choose_mail(session, user_id=anna.user_id or 0, rhythm=Rhythm.DAILY, extras=True, now=NOW)
    put(session, anna)
    gather(session, anna.user_id or 0, now=FOUR)
    (row,) = services.claim_due(session, FOUR, 10)
    services.fail(session, row, error="550 no", now=FOUR, final=True, reason=DeadReason.ADDRESS_REFUSED)
    assert services.resend(session, notice_id=row.id, now=FOUR)
    assert claimed(session, FOUR) == [DIGEST]
    assert [part.state for part in mails(session) if part.digest_id == row.id] == [NoticeState.QUEUED]
