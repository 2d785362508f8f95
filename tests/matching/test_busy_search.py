"""Busy times from people's own calendars count for who is found: exactly, in the search as in a full scan."""

import random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.availability import queries
from matcher.availability.busy import Block, packed, read_busy
from matcher.availability.busy_services import keep_busy
from matcher.availability.states import OwnerType
from matcher.matching.search_queries import eligible_offers
from matcher.matching.view_queries import request_view
from matcher.offers.models import Offer
from matcher.offers.search_services import renew_owner
from matcher.requests.models import Request, RequestMoment
from tests.availability.calendars import calendar, event
from tests.factories import NOW
from tests.matching.worlds import fill_world, full_scan, make_random_request


def give_calendars(session: Session, chance: random.Random, requests: list[Request]) -> dict[int, tuple[Block, ...]]:
    """Offer → what its person's calendar says: half of them are busy at some hours that are asked."""
    asked = session.scalars(
        select(RequestMoment).where(RequestMoment.request_id.in_([one.id for one in requests]))
    ).all()
    given: dict[int, tuple[Block, ...]] = {}
    for offer in session.scalars(select(Offer).where(Offer.person_id.is_not(None))).all():
        if chance.random() < 0.5 or offer.person_id is None:
            continue
        taken = chance.sample(asked, min(len(asked), 25))
        lines = [
            event(
                f"DTSTART;TZID=Europe/Amsterdam:{m.day:%Y%m%d}T{m.starts.replace(':', '')}00",
                "DURATION:PT40M",
                uid=str(m.id),
            )
            for m in taken
        ]
        blocks = read_busy(calendar(*lines), now=NOW).blocks
        keep_busy(session, actor=actor_for(session, offer.person_id), now=NOW, packed=packed(blocks))
        renew_owner(session, owner=(OwnerType.PERSON, offer.person_id), now=NOW)
        given[offer.id] = blocks
    return given


def found(session: Session, request: Request, wanted: int = 200) -> list[tuple[int, str]]:
    got, _looked = eligible_offers(session, request_view(session, request.id, now=NOW), now=NOW, wanted=wanted)
    return [(offer.id, str(verdict.mode)) for offer, verdict in got]


def is_free(session: Session, request: Request, blocks: tuple[Block, ...]) -> bool:
    """At one asked moment nothing stands in the calendar."""
    moments = session.scalars(select(RequestMoment).where(RequestMoment.request_id == request.id)).all()
    return any(not any(b[0] < m.end_s and m.start_s < b[1] for b in blocks) for m in moments)


@pytest.mark.parametrize(("offers", "asked"), [(20, 6), pytest.param(60, 40, marks=pytest.mark.integrity)])
def test_search_with_calendars_equals_the_full_scan(session: Session, offers: int, asked: int) -> None:
    chance = random.Random(20261122)
    fill_world(session, chance, offers=offers)
    requests = [make_random_request(session, chance) for _ in range(asked)]
    before = {request.id: found(session, request) for request in requests}
    given = give_calendars(session, chance, requests)
    lost = 0
    for request in requests:
        after = found(session, request)
        assert after == full_scan(session, request.id, now=NOW, wanted=200)
        assert {offer for offer, _mode in after} <= {offer for offer, _mode in before[request.id]}
        gone = {offer for offer, _mode in before[request.id]} - {offer for offer, _mode in after}
        assert gone <= given.keys()
        assert all(is_free(session, request, given[offer]) for offer, _mode in after if offer in given)
        lost += len(gone)
    assert lost, "calendars must take somebody away, or this proves nothing"


def test_rig_notices_a_search_that_forgets_calendars(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(20261122)
    fill_world(session, chance, offers=20)
    requests = [make_random_request(session, chance) for _ in range(6)]
    given = give_calendars(session, chance, requests)
    monkeypatch.setattr(queries, "_add_exceptions", lambda *_: None)
    wrong = [
        offer
        for request in requests
        for offer, _mode in found(session, request)
        if offer in given and not is_free(session, request, given[offer])
    ]
    assert wrong
