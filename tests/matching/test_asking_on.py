"""Asking on: three at most, moments that drop, who is kept in mind, and a search at once after a late cancellation."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.accounts.services import open_session
from matcher.db import Database
from matcher.errors import Forbidden, IllegalMove
from matcher.matching import proposal_services, services
from matcher.matching.deadlines import is_late
from matcher.matching.drop_services import drop_moments
from matcher.matching.kept_queries import KEPT
from matcher.matching.kept_services import keep_in_mind
from matcher.matching.models import Match, MatchEvent
from matcher.matching.proposal_services import ask_next, tick
from matcher.matching.request_queries import request_page
from matcher.matching.request_services import invite
from matcher.matching.states import CancelReason, DeclineReason, MatchState, Side
from matcher.matching.suggestion_models import RequestTick, SuggestionRun
from matcher.matching.tasks import due_work
from matcher.matching.visit_services import supersede_match
from matcher.notices.models import Outbox
from matcher.organisations.models import CalendarDay, DayKind
from matcher.requests.models import Request
from tests.factories import NOW
from tests.factories.matching import THURSDAY
from tests.matching.lives import Life, make_life

LATER = NOW + timedelta(minutes=2)
pytestmark = pytest.mark.usefixtures("patient")
ASKERS = 16


def open_ones(session: Session, request_id: int) -> int:
    query = select(func.count(Match.id)).where(Match.request_id == request_id, Match.state == MatchState.PROPOSED)
    return session.scalar(query) or 0


def ticked(life: Life, *numbers: int) -> list[Match]:
    ids = [life.offers[number].id for number in numbers]
    return invite(life.session, life.request.id, offer_ids=ids, actor=life.actor(life.teacher), now=NOW)


def say_no(life: Life, match: Match, number: int) -> None:
    services.decline_match(life.session, match.id, reason=DeclineReason.NO_TIME, actor=life.guest(number), now=NOW)


# --- three at most ----------------------------------------------------------------------------------------------------


def test_no_that_can_be_taken_back_keeps_its_place_in_the_row(session: Session) -> None:
    """Else the fourth would be asked, the no undone, and four would wait."""
    life = make_life(session, guests=4)
    first, *_others = ticked(life, 0, 1, 2, 3)
    say_no(life, first, 0)
    assert ask_next(session, life.request.id, now=NOW + timedelta(seconds=30)) == []
    services.undo(session, first.id, actor=life.guest(), now=NOW + timedelta(seconds=40))
    assert open_ones(session, life.request.id) == 3
    say_no(life, first, 0)
    assert [match.offer_id for match in ask_next(session, life.request.id, now=LATER)] == [life.offers[3].id]


@pytest.mark.parametrize("rounds", [1, pytest.param(40, marks=pytest.mark.integrity)])
def test_many_who_ask_on_at_once_never_ask_more_than_three(database: Database, rounds: int) -> None:
    for _ in range(rounds):
        with database.write() as session:
            life = make_life(session, guests=6)
            actor, request_id = life.actor(life.teacher), life.request.id
            tick(session, request_id=request_id, offer_ids=[o.id for o in life.offers], actor=actor, now=NOW)
        asked = _all_at_once(_ask(database, request_id))
        assert sum(asked) == 3
        with database.read() as session:
            assert open_ones(session, request_id) == 3
            skipped = select(RequestTick).where(RequestTick.skipped_reason.is_not(None))
            assert session.scalars(skipped).all() == []


def test_without_counting_who_waits_the_same_rush_asks_everybody(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test before."""
    with sqlite_database.write() as session:
        life = make_life(session, guests=6)
        actor, request_id = life.actor(life.teacher), life.request.id
        tick(session, request_id=request_id, offer_ids=[o.id for o in life.offers], actor=actor, now=NOW)
    monkeypatch.setattr(proposal_services, "_room", lambda *args: 1)
    assert sum(_all_at_once(_ask(sqlite_database, request_id))) > 3


def _ask(database: Database, request_id: int) -> Callable[[int], int]:
    def ask(number: int) -> int:
        with database.write() as session:
            return len(ask_next(session, request_id, now=NOW))

    return ask


def _all_at_once(ask: Callable[[int], int]) -> list[int]:
    barrier = Barrier(ASKERS)

    def one(number: int) -> int:
        barrier.wait(timeout=60)
        return ask(number)

    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(one, range(ASKERS)))


# --- until when -------------------------------------------------------------------------------------------------------


def test_days_on_which_the_school_is_closed_do_not_count(session: Session) -> None:
    far = [(date(2027, 2, 4), "10:15", "11:05")]
    plain = make_life(session, moments=far).asked().expires_at
    life = make_life(session, moments=far)
    session.add_all(
        CalendarDay(organisation_id=life.school.id, day=NOW.date() + timedelta(days=days), kind=DayKind.STUDY_DAY)
        for days in (1, 2)
    )
    session.flush()
    assert plain is not None
    assert life.asked().expires_at == plain + timedelta(days=2)


def test_moments_drop_one_by_one_and_the_last_one_ends_it(session: Session) -> None:
    life = make_life(session)  # two Thursdays, asked five days ahead
    match = life.asked()
    match.expires_at = NOW + timedelta(days=60)
    first, second = life.moments(match)
    assert drop_moments(session, match.id, now=NOW) == 0
    close = NOW + timedelta(days=13)
    assert drop_moments(session, match.id, now=close) == 1
    assert (first.dropped_at, second.dropped_at) == (close, None)
    assert match.state is MatchState.PROPOSED
    assert drop_moments(session, match.id, now=close + timedelta(days=7)) == 1
    assert match.state is MatchState.EXPIRED


def test_moment_of_who_came_forward_stands_until_it_begins(session: Session) -> None:
    life = make_life(session)
    match = life.asked(side=Side.COMPANY)
    assert drop_moments(session, match.id, now=NOW + timedelta(days=16)) == 0
    assert drop_moments(session, match.id, now=NOW + timedelta(days=17, hours=2)) == 1


def test_chosen_moment_is_alone_on_the_table(session: Session) -> None:
    life = make_life(session)
    match = life.asked()
    friday = THURSDAY + timedelta(days=1)
    services.suggest_moment(session, match.id, day=friday, starts="10:15", ends="11:05", actor=life.guest(), now=NOW)
    match.expires_at = NOW + timedelta(days=60)
    assert drop_moments(session, match.id, now=NOW + timedelta(days=18, hours=2)) == 2
    assert match.state is MatchState.EXPIRED


def test_round_drops_and_does_it_once(database: Database) -> None:
    with database.write() as session:
        match = make_life(session).asked()
        match.expires_at = NOW + timedelta(days=60)
    close = NOW + timedelta(days=13)
    assert due_work(database, None, close)["dropped"] == 1
    assert "dropped" not in due_work(database, None, close)


# --- keep me in mind --------------------------------------------------------------------------------------------------


def kept_life(session: Session) -> tuple[Life, Match, list[Match]]:
    """The first of four ticked people comes; two ended for it and one was never asked."""
    life = make_life(session, guests=4)
    first, second, third = ticked(life, 0, 1, 2, 3)
    agreed = services.accept_match(session, first.id, moment_id=life.moments(first)[0].id, actor=life.guest(), now=NOW)
    for match in (second, third):
        assert supersede_match(session, match.id, now=LATER)
    return life, agreed, [second, third]


def test_place_that_opens_goes_first_to_who_is_kept_in_mind_in_the_order_of_the_school(session: Session) -> None:
    life, agreed, ended = kept_life(session)
    for match, number in zip(reversed(ended), (2, 1), strict=True):
        keep_in_mind(session, match.id, wanted=True, actor=life.guest(number), now=LATER)
    assert ask_next(session, life.request.id, now=LATER) == [], "the place is taken"
    services.withdraw_match(session, agreed.id, reason=CancelReason.ILL, actor=life.guest(), now=LATER)
    again = ask_next(session, life.request.id, now=LATER)
    assert [match.offer_id for match in again] == [life.offers[number].id for number in (1, 2, 3)]
    origin = session.get_one(MatchEvent, (again[0].id, 1)).details[KEPT]
    assert (origin, again[0].wave) == (ended[0].id, ended[0].wave)
    assert again[0].side is Side.SCHOOL
    assert ask_next(session, life.request.id, now=LATER) == [], "once"


def test_who_did_not_say_so_is_not_asked_twice(session: Session) -> None:
    life, agreed, _ended = kept_life(session)
    services.withdraw_match(session, agreed.id, reason=CancelReason.ILL, actor=life.guest(), now=LATER)
    assert [match.offer_id for match in ask_next(session, life.request.id, now=LATER)] == [life.offers[3].id]


def test_who_came_forward_comes_forward_again(session: Session) -> None:
    life = make_life(session)
    forward = life.asked(1, side=Side.COMPANY)
    agreed = life.accepted(0)
    keep_in_mind(session, forward.id, wanted=True, actor=life.guest(1), now=NOW)
    assert supersede_match(session, forward.id, now=LATER)
    services.withdraw_match(session, agreed.id, reason=CancelReason.ILL, actor=life.guest(), now=LATER)
    (again,) = ask_next(session, life.request.id, now=LATER)
    assert (again.side, again.proposed_by_id) == (Side.COMPANY, life.offers[1].person_id)


def test_who_cannot_any_more_is_let_go(session: Session) -> None:
    life, agreed, ended = kept_life(session)
    keep_in_mind(session, ended[0].id, wanted=True, actor=life.guest(1), now=LATER)
    life.offers[1].paused_until = NOW.date() + timedelta(days=90)
    services.withdraw_match(session, agreed.id, reason=CancelReason.ILL, actor=life.guest(), now=LATER)
    assert [match.offer_id for match in ask_next(session, life.request.id, now=LATER)] == [life.offers[3].id]
    assert not ended[0].keep_in_mind


def test_only_the_person_asked_says_so_and_only_for_a_taken_place(session: Session) -> None:
    life, _agreed, ended = kept_life(session)
    with pytest.raises(Forbidden):
        keep_in_mind(session, ended[0].id, wanted=True, actor=life.actor(life.teacher), now=LATER)
    free = make_life(session).asked()
    with pytest.raises(IllegalMove):
        keep_in_mind(session, free.id, wanted=True, actor=actor_for(session, free.professional_id or 0), now=NOW)


@time_machine.travel(LATER, tick=False)
def test_button_on_the_page_of_who_came_too_late(sqlite_database: Database, app: Flask) -> None:
    with sqlite_database.write() as session:
        _life, _agreed, ended = kept_life(session)
        match_id, person = ended[0].id, ended[0].professional_id or 0
        cookie_value = open_session(session, user_id=person, agent="test", now=NOW)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = cookie_value
    page = f"/matches/{match_id}"
    assert "in gedachten" in client.get(page, headers={"Accept-Language": "nl"}).text
    for wanted, kept in (("yes", True), ("yes", True), ("no", False)):
        assert client.post(f"{page}/keep-in-mind", data={"wanted": wanted}).status_code == 302
        with sqlite_database.read() as session:
            assert session.get_one(Match, match_id).keep_in_mind is kept


# --- late cancellation ------------------------------------------------------------------------------------------------


def cancelled_life(database: Database, *, days_before: int, by_school: bool = False) -> int:
    """An approved visit on 10 December that is called off; one more person was ticked and never asked."""
    with database.write() as session:
        life = make_life(session, guests=3)
        ids = [life.offers[1].id]
        tick(session, request_id=life.request.id, offer_ids=ids, actor=life.actor(life.teacher), now=NOW)
        match = life.approved()
        life.offers[1].notice_days = life.offers[2].notice_days = 0
        at = NOW + timedelta(days=17 - days_before)
        actor = life.actor(life.teacher) if by_school else life.guest()
        services.cancel_match(session, match.id, reason=CancelReason.ILL, actor=actor, now=at)
        return life.request.id


def test_late_cancellation_starts_a_search_at_once(database: Database) -> None:
    request_id = cancelled_life(database, days_before=6)
    at = NOW + timedelta(days=11, seconds=5)
    done = due_work(database, None, at)
    assert done["looked for another"] == 1
    with database.read() as session:
        assert open_ones(session, request_id) == 1, "who was ticked next is asked in the same moment"
        runs = select(func.count(SuggestionRun.id)).where(SuggestionRun.request_id == request_id)
        assert session.scalar(runs) == 1
        told = set(session.scalars(select(Outbox.recipient_name).where(Outbox.template == "matching/replacement")))
        assert len(told) == 2, "the asker and the coordinator"
        request = session.get_one(Request, request_id)
        page = request_page(session, request, actor_for(session, request.asked_by_id), at)
        assert page.asking.searched
        assert page.asking.until
    assert "looked for another" not in due_work(database, None, at)


@pytest.mark.parametrize(("days_before", "by_school"), [(17, False), (6, True)])
def test_no_search_when_there_is_time_or_the_school_called_off(
    sqlite_database: Database, days_before: int, by_school: bool
) -> None:
    cancelled_life(sqlite_database, days_before=days_before, by_school=by_school)
    assert "looked for another" not in due_work(
        sqlite_database, None, NOW + timedelta(days=17 - days_before, seconds=5)
    )


def test_late_is_less_than_asking_and_approving_take() -> None:
    assert is_late(date(2026, 12, 7), NOW)
    assert not is_late(date(2026, 12, 8), NOW)


def test_next_is_asked_at_once_when_a_place_opens(database: Database) -> None:
    """A cancellation cannot be undone, so nothing has to wait for it."""
    request_id = cancelled_life(database, days_before=17)
    assert due_work(database, None, NOW + timedelta(seconds=5))["asked"] == 1
    with database.read() as session:
        assert open_ones(session, request_id) == 1


def test_page_says_who_is_next_and_what_happens_then(session: Session) -> None:
    life = make_life(session, guests=5)
    ticked(life, 0, 1, 2, 3, 4)
    asking = request_page(session, life.request, life.actor(life.teacher), NOW).asking
    assert len(asking.until) == 3
    assert len(asking.waiting) == 2
    assert asking.waiting[0] in asking.then
