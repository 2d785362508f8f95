"""Letters nobody asked for: each week where a request stands, each half-year why somebody was not asked."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.matching.half_year_queries import due_half_year, why_not_asked
from matcher.matching.half_year_services import note_why_not_asked
from matcher.matching.note_tasks import AT_ONCE, write_notes
from matcher.matching.services import decline_match
from matcher.matching.states import DeclineReason
from matcher.matching.still_true import half_year_note_still_true, request_note_still_true
from matcher.matching.visit_services import expire_match
from matcher.matching.weekly_note_queries import due_weekly
from matcher.matching.weekly_note_services import note_standing, standing_of
from matcher.notices.letters import letters_of
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.regions.states import HolidayRegion
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.factories.matching import make_request, make_topic
from tests.factories.people import make_school
from tests.matching.lives import Life, another_offer, make_life

WEEK = timedelta(days=7)
AGO = NOW - timedelta(days=120)


def letters(session: Session, template: str) -> list[Outbox]:
    return list(
        session.scalars(select(Outbox).where(Outbox.template == template, Outbox.channel == "mail").order_by(Outbox.id))
    )


def weekly(session: Session, life: Life, now: Any) -> bool:
    return note_standing(session, life.request.id, standing_of(session, life.request.id, now), now=now)


def test_request_without_a_yes_gets_one_note_a_week(session: Session) -> None:
    life = make_life(session)
    days = [NOW + timedelta(days=step) for step in range(16)]
    assert [step for step, day in enumerate(days) if weekly(session, life, day)] == [7, 14]
    assert not weekly(session, life, days[14])
    found = letters(session, "matching/weekly_note")
    assert [row.address for row in found] == [life.teacher.email] * 2


@pytest.mark.parametrize("why", ["draft", "closed", "accepted", "holiday", "fresh"])
def test_no_note_when_there_is_nothing_to_say(session: Session, why: str) -> None:
    life = make_life(session)
    now = NOW + WEEK
    if why in ("draft", "closed"):
        life.request.state = RequestState(why)
    elif why == "accepted":
        life.accepted()
    elif why == "holiday":
        life.school.holiday_region = HolidayRegion.NOORD
        now = NOW + timedelta(days=30)  # the second day of the Christmas holiday
    else:
        now = NOW + timedelta(days=6)
    session.flush()
    assert due_weekly(session, now, limit=9) == []
    assert request_note_still_true(session, life.request.id, 1, "x") is (why in ("holiday", "fresh"))


def test_note_counts_what_became_of_each_invitation(session: Session) -> None:
    life = make_life(session, guests=5)
    for number, reason in ((0, DeclineReason.TOO_FAR), (1, DeclineReason.TOO_FAR), (2, DeclineReason.NO_TIME)):
        match = life.asked(number)
        decline_match(session, match.id, reason=reason, actor=life.guest(number), now=NOW)
    late = life.asked(3)
    expire_match(session, late.id, now=NOW + timedelta(days=12))
    found = standing_of(session, life.request.id, NOW + WEEK)
    assert (found.asked, found.waiting, found.no_answer, found.declined) == (4, 0, 1, {"too_far": 2, "no_time": 1})
    assert found.fits == 1


def test_note_names_the_smallest_change(session: Session, app: Flask) -> None:
    life = make_life(session, guests=1)
    session.execute(update(Offer).values(travel_km=5))
    life.school.lat = (life.school.lat or 0) + 0.2
    session.flush()
    session.expire_all()
    now = NOW + WEEK
    assert weekly(session, life, now)
    [row] = letters(session, "matching/weekly_note")
    assert row.params["fits"] == 0
    assert row.params["obstacles"]
    text = letters_of(app).letter(row.template, row.params, locale="nl", name="Anna").text
    assert "Ander" not in text
    assert row.params["obstacles"][0][0] in text


def half_year(session: Session, user_id: int, now: Any) -> bool:
    return note_why_not_asked(session, user_id, why_not_asked(session, user_id, now), now=now)


def offering(session: Session, **fields: Any) -> Offer:
    return another_offer(session, **{"created_at": AGO, **fields})


def test_never_asked_hears_it_once_in_the_half_year(session: Session) -> None:
    offer = offering(session)
    days = [NOW + timedelta(days=step) for step in range(0, 200, 7)]
    told = [day for day in days if half_year(session, offer.person_id or 0, day)]
    assert told == [NOW, NOW + timedelta(days=182)]
    assert half_year_note_still_true(session, offer.person_id or 0, 1, "x")


@pytest.mark.parametrize("why", ["asked", "new", "paused", "closed", "do_not_approach"])
def test_who_is_not_written_to(session: Session, why: str) -> None:
    life = make_life(session, guests=0)
    offer = offering(session, created_at=NOW - timedelta(days=80) if why == "new" else AGO)
    life.offers.append(offer)
    if why == "asked":
        life.asked(0)
    elif why == "paused":
        offer.paused_until = (NOW + timedelta(days=40)).date()
    elif why == "closed":
        offer.state = OfferState.WITHDRAWN
    elif why == "do_not_approach":
        session.get_one(Organisation, offer.organisation_id).do_not_approach_at = NOW
    session.flush()
    assert due_half_year(session, NOW, limit=9) == []


def test_reasons_are_counted_and_one_change_is_said(session: Session) -> None:
    offer = offering(session, travel_km=10)
    near, far = make_school(session), make_school(session)
    near.lat, near.lon, far.lat, far.lon = offer.lat, offer.lon, offer.lat + 0.22, offer.lon  # 24 km
    other = make_topic(session, "koken")
    for _ in range(3):
        make_request(session, school=far)
    make_request(session, school=near, topics=[other])
    make_request(session, school=near)
    session.flush()
    found = why_not_asked(session, offer.person_id or 0, NOW + timedelta(days=1))
    assert found.reasons == {"far": 3, "others": 1, "topic": 1}
    assert found.change == {"code": "far", "params": {"from": 10, "to": 25}, "count": 3}


def test_who_fitted_is_told_to_come_forward(session: Session) -> None:
    offer = offering(session)
    make_request(session)
    found = why_not_asked(session, offer.person_id or 0, NOW + timedelta(days=1))
    assert (found.requests, found.reasons) == (1, {"others": 1})
    assert found.change == {"code": "others", "params": {}, "count": 1}
    nothing = why_not_asked(session, offering(session, lat=53.2, lon=6.5).person_id or 0, NOW)
    assert (nothing.requests, nothing.change) == (0, None)


def test_round_writes_a_bounded_number_and_ends(database: Database, app: Flask) -> None:
    with database.write() as session:
        make_life(session, guests=1)
        for _ in range(AT_ONCE + 2):
            offering(session)
    evening = (NOW + WEEK).replace(hour=20)
    assert write_notes(database, evening) == {}
    rounds = [write_notes(database, NOW + WEEK) for _ in range(3)]
    assert [done["told why not asked"] for done in rounds] == [AT_ONCE, 2, 0]
    assert [done["told where it stands"] for done in rounds] == [1, 0, 0]


CAUSES = ("topic", "level", "far", "times", "full", "proof", "not_ready", "others")
HALF_YEAR = {
    "title": "Warmtepompen", "requests": 12, "reasons": [[cause, 2] for cause in CAUSES], "helps": 3, "from_km": 20,
    "to_km": 35, "topic": "Energie", "cap": 4, "answers_to": "/offers/3",
}  # fmt: skip
WEEKLY = {
    "title": "Robotica", "school": "De Meander", "since_on": "2026-11-02", "asked": 4, "waiting": 1, "ticked": 1,
    "no_answer": 1, "ended": 1, "said_no": 2, "reasons": [["Te ver", 2]], "fits": 0, "changes": ["online: 11"],
    "obstacles": [["geen van de momenten kan", 7]], "answers_to": "/requests/3",
}  # fmt: skip
EMPTY = dict.fromkeys(("asked", "waiting", "ticked", "no_answer", "ended", "said_no", "fits"), 0)
WEEKLIES = [
    WEEKLY,
    WEEKLY | EMPTY | {"reasons": [], "changes": [], "obstacles": []},
    WEEKLY | EMPTY | {"fits": 1, "reasons": [], "changes": [], "obstacles": []},
    WEEKLY | {"fits": 5},
    WEEKLY | {"changes": []},
]


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_letters_are_whole(app: Flask, locale: str) -> None:
    made = [("weekly_note", params) for params in WEEKLIES]
    made += [("half_year_note", HALF_YEAR | {"change": change}) for change in (*CAUSES, "")]
    texts = set()
    for name, params in made:
        found = letters_of(app).letter(f"matching/{name}", params, locale=locale, name="Anna")
        texts.add(found.text)
        assert f"{params['answers_to']}\n" in found.text
        assert "None" not in found.subject + found.text + found.html
        assert "%(" not in found.text + found.html
    assert len(texts) == len(made)
