"""A few weeks of a small world played through the services with a moved clock, and what may never be in them."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from benchmarks._term import NEVER, TERMS, Plan, Term, make_world
from benchmarks._term_figures import broken_today
from matcher.demo.sizes import BulkSize
from matcher.matching.models import Match, MatchMoment
from matcher.matching.states import Side
from tests.factories import NOW
from tests.factories.matching import make_match, make_offer, make_request
from tests.matching.damages import guard_off
from tests.matching.lives import make_life

FEW = Plan(
    BulkSize("few", professionals=45, requests=30, teachers=14, schools=6, regions=("fryslan",), sample=10),
    first=date(2026, 10, 5),
    asked_until=date(2026, 10, 9),
    last=date(2026, 10, 17),
    requests=24,
)
"""The second week is the autumn holiday of the north."""


@pytest.mark.parametrize("plan", [FEW, pytest.param(TERMS["small"], marks=pytest.mark.integrity)], ids=["few", "small"])
def test_weeks_pass_without_breaking_a_rule(plan: Plan, tmp_path: Path) -> None:
    world = make_world(plan, tmp_path)
    found = Term(plan, world, tmp_path, 3).play()
    assert {name: found[name] for name in NEVER} == dict.fromkeys(NEVER, 0)
    assert found["days_checked"] == (plan.last - plan.first).days + 1
    assert found["requests"] >= plan.requests / 2
    assert found["filled"] >= 3
    assert found["asks_per_agreed_visit"] >= 1
    assert found["mails"] > found["invitations"]
    assert found["weekly_notes"] > 0
    assert found["half_year_notes"] > 0


def test_evening_look_sees_a_request_with_too_many_invitations(session: Session) -> None:
    life = make_life(session, guests=4)
    for number in range(3):
        life.asked(number)
    assert broken_today(session, NOW, 3)["open"] == 0
    assert broken_today(session, NOW, 2)["open"] == 1
    life.asked(3)
    assert broken_today(session, NOW, 3)["open"] == 1


def test_evening_look_sees_somebody_over_a_cap(session: Session) -> None:
    offer = make_offer(session, yearly_cap=1)
    for week in range(2):
        assert broken_today(session, NOW, 3)["cap"] == 0
        match = make_match(session, request=make_request(session), offer=offer, state="approved")
        _book(session, match, NOW.date() + timedelta(weeks=week + 2))
    assert broken_today(session, NOW, 3)["cap"] == 1
    offer.yearly_cap = None
    session.flush()
    assert broken_today(session, NOW, 3)["cap"] == 0


def _book(session: Session, match: Match, day: date) -> None:
    session.add(
        MatchMoment(
            match_id=match.id, day=day, starts="10:15", ends="11:05", start_s=1, end_s=3000, suggested_by=Side.SCHOOL,
            chosen=True,
        )
    )  # fmt: skip
    session.flush()


def test_evening_look_sees_more_people_than_places(session: Session) -> None:
    request = make_request(session, needed=2)
    for place_no in (1, 2):
        make_match(session, request=request, state="accepted", place_no=place_no)
    assert broken_today(session, NOW, 3)["places"] == 0
    guard_off(session.connection(), "places_taken")
    request.needed = 1
    session.flush()
    assert broken_today(session, NOW, 3)["places"] == 1
