"""A step and its letters are one: whichever statement fails, there is both or neither; planted gaps are found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import actor_for
from matcher.db import Database
from matcher.matching.gap_services import letters_without_step, untold_steps
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.services import accept_match, approve_match, cancel_match, decline_match
from matcher.matching.states import Action, CancelReason, DeclineReason
from matcher.matching.tasks import due_work as matching_work
from matcher.notices.gap_queries import lost_parts, stuck_mails
from matcher.notices.models import NoticeState, Outbox
from matcher.notices.tasks import due_work as notices_work
from tests.factories import NOW
from tests.matching.lives import Life, make_life

QUARTER = timedelta(minutes=20)


class Broken(Exception):
    """The statement that was to fail."""


class Steps:
    """The four steps after which somebody must get mail, each from a world of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as session:
            life = make_life(session)
            self.match_id = life.asked().id
            self.guest, self.coordinator = life.offers[0].person_id or 0, life.coordinator.id
            self.moment = life.moments(session.get_one(Match, self.match_id))[0].id

    def accept(self, session: Session) -> None:
        accept_match(session, self.match_id, moment_id=self.moment, actor=actor_for(session, self.guest), now=NOW)

    def decline(self, session: Session) -> None:
        reason = DeclineReason.NO_TIME
        decline_match(session, self.match_id, reason=reason, actor=actor_for(session, self.guest), now=NOW)

    def approve(self, session: Session) -> None:
        approve_match(session, self.match_id, actor=actor_for(session, self.coordinator), now=NOW)

    def cancel(self, session: Session) -> None:
        who = actor_for(session, self.guest)
        cancel_match(session, self.match_id, reason=CancelReason.ILL, actor=who, now=NOW)

    def counted(self) -> tuple[int, int]:
        """Steps, and steps that somebody was told of."""
        with self.database.read() as session:
            steps = session.scalar(select(func.count()).where(MatchEvent.match_id == self.match_id)) or 0
            told = select(func.count(Outbox.seq.distinct()))
            return steps, session.scalar(told.where(Outbox.subject == "match", Outbox.subject_id == self.match_id)) or 0


def failing_at(database: Database, number: int, act: Callable[[Session], None]) -> bool:
    """True when that statement came, and with it everything fell."""
    sent = 0

    def fail(*arguments: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == number:
            raise Broken()

    event.listen(database.engine, "before_cursor_execute", fail)
    try:
        with database.write() as session:
            act(session)
    except Broken:
        return True
    finally:
        event.remove(database.engine, "before_cursor_execute", fail)
    return False


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.integrity)])
@pytest.mark.parametrize("names", [("accept", "approve", "cancel"), ("decline",)])
def test_letters_stand_and_fall_with_their_step(database: Database, names: tuple[str, ...], every: int) -> None:
    steps, done, tried = Steps(database), 1, 0
    for name in names:
        number = every
        while failing_at(database, number, getattr(steps, name)):
            assert steps.counted() == (done, done), f"{name} failed at statement {number}"
            number, tried = number + every, tried + 1
        done += 1
        assert steps.counted() == (done, done)
    assert tried >= 3


def test_control_letters_of_another_unit_are_found(sqlite_database: Database) -> None:
    """The rig sees it: were the letters written before the step, in a unit of their own, they would stand alone."""
    steps = Steps(sqlite_database)
    with sqlite_database.write() as session:
        first = session.scalars(select(Outbox).order_by(Outbox.id)).first()
        assert first is not None
        session.expunge(first)
        values = {column.key: getattr(first, column.key) for column in Outbox.__table__.columns if column.key != "id"}
        session.add(Outbox(**values | {"seq": 2, "dedupe_key": "alone", "message_id": "alone"}))
    assert failing_at(sqlite_database, 5, steps.accept)
    steps_taken, told = steps.counted()
    assert told > steps_taken


def plant(session: Session, lives: list[Life]) -> dict[str, set[int]]:
    """Twenty gaps of five kinds; what each finder should say."""
    approved = [life.approved(now=NOW).id for life in lives[:8]]
    untold, without = set(approved[:4]), set()
    for match_id in approved[:2]:
        session.execute(delete(Outbox).where(Outbox.subject_id == match_id, Outbox.seq == 3))
    for match_id in approved[2:4]:
        guest = session.get_one(Match, match_id).visitor_id
        session.execute(delete(Outbox).where(Outbox.subject_id == match_id, Outbox.seq == 3,
                                             Outbox.recipient_user_id == guest))  # fmt: skip
    mails = session.scalars(select(Outbox).where(Outbox.channel == "mail").order_by(Outbox.id)).all()
    session.execute(update(Outbox).where(Outbox.channel == "mail").values(state=NoticeState.SENT, sent_at=NOW))
    ids = [mail.id for mail in mails]
    for row_id in ids[:4]:
        session.execute(update(Outbox).where(Outbox.id == row_id).values(subject_id=999_000 + row_id, subject="match"))
        without.add(row_id)
    late, held, parts = set(ids[4:8]), set(ids[8:12]), set(ids[12:16])
    for rows, values in (
        (late, {"state": NoticeState.QUEUED}),
        (held, {"state": NoticeState.INFLIGHT, "lease_until": None}),
        (parts, {"state": NoticeState.QUEUED, "gather": True, "digest_id": ids[0]}),
    ):
        session.execute(update(Outbox).where(Outbox.id.in_(rows)).values(**values))
    session.flush()
    return {"untold": untold, "without": without, "stuck": late | held, "parts": parts}


def test_twenty_planted_gaps_are_found(session: Session) -> None:
    lives = [make_life(session) for _ in range(8)]
    clean = NOW + QUARTER
    assert not untold_steps(session, clean)
    planted = plant(session, lives)
    found = {
        "untold": {step.match_id for step in untold_steps(session, clean)},
        "without": set(letters_without_step(session)),
        "stuck": set(stuck_mails(session, clean)),
        "parts": set(lost_parts(session)),
    }
    # Letters that were turned into letters about nothing are missed by their own match as well.
    assert found["untold"] >= planted["untold"]
    assert found["without"] == planted["without"]
    assert found["stuck"] == planted["stuck"]
    assert found["parts"] == planted["parts"]
    assert sum(len(rows) for rows in planted.values()) == 20


def test_whole_world_has_no_gaps(session: Session) -> None:
    life = make_life(session)
    life.approved()
    assert not untold_steps(session, NOW + QUARTER)
    assert not letters_without_step(session)
    assert not lost_parts(session)


def test_gaps_are_mended_once(sqlite_database: Database, make_app: Callable[..., Flask]) -> None:
    app = make_app(str(sqlite_database.engine.url), mail_url="memory:")
    with sqlite_database.write() as session:
        life = make_life(session)
        match = life.approved()
        addresses = {life.teacher.email, session.get_one(User, match.visitor_id).email}
        session.execute(delete(Outbox).where(Outbox.seq == match.seq))
        assert session.get_one(MatchEvent, (match.id, match.seq)).action is Action.APPROVE
        assert session.scalars(select(MatchMoment).where(MatchMoment.chosen)).one()
    later = NOW + QUARTER
    assert matching_work(sqlite_database, app, later).get("told again") == 1
    assert "told again" not in matching_work(sqlite_database, app, later)
    notices_work(sqlite_database, app, later + timedelta(minutes=2))
    told = [
        mail["To"] for mail in app.extensions["matcher_mailer"].messages if mail["Subject"].startswith("Definitief")
    ]
    assert {mail.addresses[0].addr_spec for mail in told} == addresses
    assert len(told) == 2
