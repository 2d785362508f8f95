"""Rows of the outbox on both engines: once, held, withheld, leased, fenced, in order."""

from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.notices import queries, services
from matcher.notices.models import Channel, NoticeState, Outbox
from matcher.notices.recipients import Recipient
from tests.factories import NOW

ANNA = Recipient(7, "anna@school.example", "Anna", "nl")
LATER = NOW + timedelta(seconds=61)


def put(session: Session, **changes: Any) -> None:
    values: dict[str, Any] = {
        "recipient": ANNA,
        "template": "test/hello",
        "params": {"topic": "x", "words": "y", "path": "/"},
        "subject": "match",
        "subject_id": 1,
        "seq": 1,
        "now": NOW,
    }
    services.enqueue(session, **{**values, **changes})


def rows(session: Session) -> list[Outbox]:
    return list(session.scalars(select(Outbox).order_by(Outbox.id)))


def test_enqueue_makes_one_row_per_channel(session: Session) -> None:
    put(session, calendar="BEGIN:VCALENDAR", calendar_method="REQUEST")
    mail, inbox = rows(session)
    assert (mail.channel, inbox.channel) == (Channel.MAIL, Channel.INBOX)
    assert (mail.calendar, inbox.calendar) == ("BEGIN:VCALENDAR", None)
    assert mail.dedupe_key == "match:1:1:test/hello:7:mail"
    assert mail.not_before == NOW + timedelta(seconds=60)
    assert mail.message_id != inbox.message_id


def test_enqueue_twice_keeps_the_first(session: Session) -> None:
    put(session)
    put(session, params={"topic": "another"}, now=LATER)
    assert [row.params["topic"] for row in rows(session)] == ["x", "x"]


def test_enqueue_with_a_very_long_address_still_has_a_key(session: Session) -> None:
    stranger = Recipient(None, "a" * 60 + "@" + "b" * 240 + ".nl", "", "nl")
    put(session, recipient=stranger)
    put(session, recipient=stranger)
    (row,) = rows(session)
    assert len(row.dedupe_key) <= 300


def test_enqueue_without_account_makes_no_inbox_row(session: Session) -> None:
    put(session, recipient=Recipient(None, "boss@company.example", "Boss", "en"))
    assert [row.channel for row in rows(session)] == [Channel.MAIL]


def test_enqueue_refuses_what_is_not_plain(session: Session) -> None:
    with pytest.raises(TypeError, match="plain values"):
        put(session, params={"match": object()})


def test_enqueue_writes_dates_as_text(session: Session) -> None:
    put(session, params={"starts_at": NOW, "day": NOW.date()}, channels=["mail"])
    assert rows(session)[0].params == {"starts_at": "2026-11-23T08:00:00+00:00", "day": "2026-11-23"}


def test_rolled_back_step_leaves_no_row(database: Database) -> None:
    with pytest.raises(TypeError):
        _step_that_fails(database)
    with database.read() as session:
        assert session.scalar(select(func.count(Outbox.id))) == 0


def _step_that_fails(database: Database) -> None:
    with database.write() as session:
        put(session)
        put(session, seq=2, params={"match": object()})


def test_mail_is_held_for_a_minute(session: Session) -> None:
    put(session)
    assert services.claim_due(session, NOW + timedelta(seconds=59), 10) == []
    assert [row.address for row in services.claim_due(session, LATER, 10)] == ["anna@school.example"]


def test_undone_event_is_withheld_and_the_rest_stays(session: Session) -> None:
    put(session, seq=1)
    put(session, seq=2)
    put(session, seq=2, subject_id=5)
    assert services.withhold(session, subject="match", subject_id=1, seq=2, now=NOW) == 2
    states = {(row.subject_id, row.seq, row.state) for row in rows(session)}
    assert states == {
        (1, 1, NoticeState.QUEUED),
        (1, 2, NoticeState.WITHHELD),
        (5, 2, NoticeState.QUEUED),
    }


def test_withhold_leaves_what_has_been_sent(session: Session) -> None:
    put(session, channels=["mail"])
    (row,) = services.claim_due(session, LATER, 10)
    services.finish(session, row, now=LATER)
    assert services.withhold(session, subject="match", subject_id=1, now=LATER) == 0


def test_second_worker_gets_nothing_until_the_lease_ends(session: Session) -> None:
    put(session, channels=["mail"])
    (first,) = services.claim_due(session, LATER, 10)
    assert services.claim_due(session, LATER + timedelta(minutes=4), 10) == []
    old = (first.lease_token, first.message_id)
    session.expunge(first)
    (second,) = services.claim_due(session, LATER + timedelta(minutes=6), 10)
    assert second.message_id == old[1]
    assert second.lease_token != old[0]
    assert second.attempts == 2


def test_sleeper_cannot_overwrite_its_successor(session: Session) -> None:
    put(session, channels=["mail"])
    (first,) = services.claim_due(session, LATER, 10)
    session.expunge(first)
    (second,) = services.claim_due(session, LATER + timedelta(minutes=6), 10)
    assert services.finish(session, second, now=LATER)
    services.fail(session, first, error="too late", now=LATER)
    session.expire_all()
    assert rows(session)[0].state is NoticeState.SENT


def test_sent_mail_forgets_what_it_said(session: Session) -> None:
    put(session, channels=["mail"])
    (row,) = services.claim_due(session, LATER, 10)
    services.finish(session, row, now=LATER)
    session.expire_all()
    assert rows(session)[0].params == {}


def test_backoff_lasts_three_days_and_ends_dead(session: Session) -> None:
    put(session, channels=["mail"])
    now, waited = LATER, []
    while True:
        (row,) = services.claim_due(session, now, 10)
        state = services.fail(session, row, error="451 busy", now=now)
        session.expire_all()
        if state is NoticeState.DEAD:
            break
        waited.append(row.not_before - now)
        now = row.not_before
    assert waited[:6] == [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360)]
    assert sum(waited, timedelta()) == timedelta(hours=72)
    assert queries.dead_letters(session)[0].last_error == "451 busy"


def test_resend_brings_a_dead_mail_back(session: Session) -> None:
    put(session, channels=["mail"])
    (row,) = services.claim_due(session, LATER, 10)
    services.fail(session, row, error="550 unknown", now=LATER, final=True)
    assert services.claim_due(session, LATER, 10) == []
    assert services.resend(session, notice_id=row.id, now=LATER)
    assert not services.resend(session, notice_id=row.id, now=LATER)
    assert [again.id for again in services.claim_due(session, LATER, 10)] == [row.id]


def test_later_mail_to_the_same_person_waits_for_the_earlier(session: Session) -> None:
    put(session, seq=1, channels=["mail"])
    put(session, seq=2, channels=["mail"])
    put(session, seq=2, channels=["mail"], recipient=Recipient(8, "bob@company.example", "Bob", "nl"))
    claimed = services.claim_due(session, LATER, 10)
    assert [(row.seq, row.address) for row in claimed] == [(1, "anna@school.example"), (2, "bob@company.example")]
    services.fail(session, claimed[0], error="451 busy", now=LATER)
    assert services.claim_due(session, LATER, 10) == []
    (again,) = services.claim_due(session, LATER + timedelta(minutes=2), 10)
    services.finish(session, again, now=LATER)
    assert [row.seq for row in services.claim_due(session, LATER + timedelta(minutes=2), 10)] == [2]


@pytest.mark.usefixtures("patient")
def test_three_workers_at_once_share_without_doubles(database: Database) -> None:
    with database.write() as session:
        for number in range(60):
            put(session, subject_id=number, channels=["mail"])
    taken: list[int] = []
    workers = [Thread(target=_take_all, args=(database, taken)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == 60
    assert len(set(taken)) == 60


def _take_all(database: Database, taken: list[int]) -> None:
    while True:
        with database.write() as session:
            found = services.claim_due(session, LATER, 7)
        if not found:
            return
        taken += [row.id for row in found]


def test_inbox_shows_after_the_hold_and_only_to_its_owner(session: Session) -> None:
    put(session)
    put(session, seq=2, recipient=Recipient(8, "bob@company.example", "Bob", "nl"))
    assert _shown(session, 7, NOW) == 0
    assert _shown(session, 7, LATER) == 1
    assert queries.unread_count(session, 7, LATER) == 1
    (notice,) = session.scalars(queries.inbox_of(7, LATER))
    assert services.mark_read(session, user_id=8, notice_id=notice.id, now=LATER) == 0
    assert services.mark_read(session, user_id=7, notice_id=notice.id, now=LATER) == 1
    assert queries.unread_count(session, 7, LATER) == 0
    assert _shown(session, 7, LATER) == 1


def _shown(session: Session, user_id: int, now: datetime) -> int:
    return len(session.scalars(queries.inbox_of(user_id, now)).all())
