"""Lists stand in the order of the day they show."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.matching.list_queries import asked_page
from matcher.matching.models import Match, MatchMoment
from matcher.matching.request_queries import request_standings
from matcher.matching.states import MatchState, Side
from matcher.requests.models import Request, RequestMoment
from matcher.requests.pages import list_page
from tests.factories.matching import THURSDAY, make_match, make_request
from tests.matching.lives import AFTER, Life, make_life


def over(life: Life, days: int, state: MatchState, noted: int) -> tuple[Request, Match]:
    """A visit so many days after Thursday the 10th, of which the end was noted so many days before today."""
    at, moment = AFTER - timedelta(days=noted), (THURSDAY + timedelta(days=days), "10:15", "11:05")
    request = make_request(life.session, school=life.school, teacher=life.teacher, moments=[moment], changed_at=at)
    match = make_match(life.session, request=request, offer=life.offers[0], state=state, changed_at=at)
    asked = life.session.scalars(select(RequestMoment).where(RequestMoment.request_id == request.id)).one()
    same = {name: getattr(asked, name) for name in ("day", "starts", "ends", "start_s", "end_s", "periods")}
    life.session.add(MatchMoment(match_id=match.id, suggested_by=Side.SCHOOL, chosen=state is MatchState.HELD, **same))
    life.session.flush()
    return request, match


def test_what_is_over_stands_in_the_order_of_the_day_it_shows(session: Session) -> None:
    life = make_life(session)
    first = over(life, 0, MatchState.HELD, noted=1)
    second = over(life, 5, MatchState.HELD, noted=9)
    past = asked_page(session, life.guest(), AFTER).past
    assert [(row.id, row.stopped_at) for row in past] == [(second[1].id, None), (first[1].id, None)]
    refused = over(life, 4, MatchState.DECLINED, noted=3)
    newest = asked_page(session, life.guest(), AFTER).past[0]
    assert (newest.id, newest.stopped_at) == (refused[1].id, AFTER - timedelta(days=3))

    teacher, requests = life.actor(life.teacher), [first[0], second[0]]
    standings = request_standings(session, requests, actor=teacher, now=AFTER)
    lines = list_page(session, teacher, requests, standings, now=AFTER)["over"]
    assert [line["request"].id for line in lines] == [second[0].id, first[0].id]
    assert ["15 December" in lines[0]["meta"], "10 December" in lines[1]["meta"]] == [True, True]
