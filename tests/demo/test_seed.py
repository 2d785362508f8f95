"""Chance is in the seed and nowhere else."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.db import Database
from matcher.demo.diary import Diary
from matcher.demo.services import generate
from matcher.demo.sizes import SIZES
from matcher.demo.world import waking
from matcher.matching.models import MatchEvent
from matcher.offers.models import Offer
from matcher.requests.models import Request
from tests.conftest import NOW


def picture(session: Session) -> list[Any]:
    """Everything a person would notice, without the random ids of mails."""
    queries = (
        select(User.name, User.email, User.function).order_by(User.id),
        select(Offer.title, Offer.travel_km, Offer.notice_days, Offer.pc4).order_by(Offer.id),
        select(Request.title, Request.own_words, Request.published_at).order_by(Request.id),
        select(MatchEvent.match_id, MatchEvent.seq, MatchEvent.to_state, MatchEvent.at).order_by(
            MatchEvent.match_id, MatchEvent.seq
        ),
    )
    return [session.execute(query).all() for query in queries]


FEW = replace(SIZES["hamlet"], past=8, open=3, to_approve=2)
"""A hamlet with everybody in it and less that happened: three of them are made here."""


def made(database: Database, seed: int) -> list[Any]:
    with database.session(write=True) as session:
        generate(session, size=FEW, now=NOW, password_hash="x", seed=seed)
        found = picture(session)
        session.rollback()
    return found


@pytest.mark.long
def test_same_seed_gives_the_same_world(sqlite_database: Database) -> None:
    first = made(sqlite_database, 7)
    assert made(sqlite_database, 7) == first
    assert made(sqlite_database, 8) != first


def test_diary_keeps_order_and_stops_at_the_end() -> None:
    from datetime import timedelta

    diary, done = Diary(), []
    diary.plan(NOW + timedelta(hours=2), lambda at: done.append("late"))
    diary.plan(
        NOW, lambda at: (done.append("first"), diary.plan(at + timedelta(hours=1), lambda _: done.append("grew")))
    )
    diary.plan(NOW, lambda at: done.append("second"))
    assert diary.live_until(NOW + timedelta(hours=2)) == 3
    assert done == ["first", "second", "grew"]


def test_nobody_answers_at_night_or_decides_in_a_weekend() -> None:
    night = NOW.replace(hour=2)
    assert waking(night).astimezone().utcoffset() is not None
    assert waking(night) > night
    saturday = NOW.replace(day=21, hour=10)
    assert waking(saturday) == saturday
    assert waking(saturday, working_days=True).weekday() == 0
