"""Thirty invitations an hour and two hundred a day, exactly, however many ask at once; the others leave later."""

from collections import Counter
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matcher.clock import local
from matcher.db import Database
from matcher.notices.models import MailQuota, Outbox
from matcher.notices.quota_services import PER_DAY, PER_HOUR, leaves_at
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from tests.factories import NOW
from tests.factories.people import make_user

RUSH = 64


def invite(session: Session, sender_id: int | None, number: int) -> None:
    values: dict[str, Any] = {
        "recipient": Recipient(number + 1000, f"p{number}@x.example", "P", "nl"),
        "template": "test/hello",
        "params": {},
        "subject": "match",
        "subject_id": number,
        "seq": 1,
        "now": NOW,
        "sender_id": sender_id,
    }
    enqueue(session, **values)


def hours(session: Session) -> Counter[datetime]:
    query = select(Outbox.not_before).where(Outbox.channel == "mail")
    return Counter(at.replace(minute=0, second=0) for at in session.scalars(query))


@pytest.mark.usefixtures("patient")
def test_sixty_four_at_once_keep_the_hour_exactly(database: Database) -> None:
    with database.write() as session:
        sender = make_user(session).id
    rush(database, lambda session, number: invite(session, sender, number))
    with database.read() as session:
        assert sorted(hours(session).values(), reverse=True) == [PER_HOUR, PER_HOUR, RUSH - 2 * PER_HOUR]
        inbox = select(func.count(Outbox.id)).where(Outbox.channel == "inbox", Outbox.not_before < NOW + timedelta(1))
        assert session.scalar(inbox) == RUSH, "on the site nobody waits"


@pytest.mark.usefixtures("patient")
def test_control_counting_first_lets_too_many_through(database: Database) -> None:
    """The rig sees an overshoot: the same rush with a look before the write instead of one statement."""
    gate = Barrier(RUSH)
    through: list[int] = []

    def careless(number: int) -> None:
        with database.read() as session:
            counted = session.scalar(select(func.count(Outbox.id)).where(Outbox.channel == "mail")) or 0
        gate.wait(120)
        with database.write() as session:
            invite(session, None, number)
        if counted < PER_HOUR:
            through.append(number)

    run(careless)
    assert len(through) > PER_HOUR


def test_day_has_its_own_limit_and_the_rest_goes_on_after_midnight(session: Session) -> None:
    sender = make_user(session).id
    invite(session, sender, 0)
    session.execute(update(MailQuota).where(MailQuota.unit == "day").values(taken=PER_DAY - 2))
    for number in range(1, 6):
        invite(session, sender, number)
    days = Counter(
        local(at).date() for at in session.scalars(select(Outbox.not_before).where(Outbox.channel == "mail"))
    )
    assert days == {local(NOW).date(): 3, local(NOW).date() + timedelta(days=1): 3}
    assert max(session.scalars(select(MailQuota.taken).where(MailQuota.unit == "day"))) == PER_DAY


def test_same_invitation_twice_takes_one_place(session: Session) -> None:
    sender = make_user(session).id
    for _ in range(3):
        invite(session, sender, 1)
    assert list(session.scalars(select(MailQuota.taken))) == [1, 1]


def test_everybody_has_a_quota_of_their_own_and_it_is_forgotten(session: Session) -> None:
    first, second = make_user(session).id, make_user(session).id
    for number in range(PER_HOUR):
        invite(session, first, number)
    assert leaves_at(session, second, NOW) == NOW
    assert leaves_at(session, first, NOW) > NOW
    later = NOW + timedelta(days=5)
    assert leaves_at(session, first, later) == later
    rows = session.scalars(select(MailQuota.starts_s).where(MailQuota.user_id == first)).all()
    assert min(rows) > NOW.timestamp()


def rush(database: Database, act: Any) -> None:
    gate = Barrier(RUSH)

    def one(number: int) -> None:
        gate.wait(120)
        with database.write() as session:
            act(session, number)

    run(one)


def run(one: Any) -> None:
    threads = [Thread(target=one, args=(number,)) for number in range(RUSH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
