"""Examples say what became of each suggestion; nothing dated later can be seen in them, nor in the facts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from matcher.matching import services, visit_services
from matcher.matching.learning_queries import NOWHERE, examples, landsdelen, unreadable_count
from matcher.matching.models import Match
from matcher.matching.proposal_services import propose
from matcher.matching.states import CancelReason, DeclineReason, MissedReason, Side
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.matching.suggestion_services import mark_opened, mark_shown
from matcher.ranking.examples import Examples
from matcher.ranking.facts import NAMES, PairFacts, fingerprint, pack
from matcher.requests.models import Request
from tests.factories.matching import make_request
from tests.matching.lives import AFTER, NOW, Life, make_life

LATER = NOW + timedelta(days=1)
FACTS = PairFacts(**{name: float(number) for number, name in enumerate(NAMES)})


def stored(life: Life, *, at: datetime = NOW, request: Request | None = None, made_with: str = "") -> list[Suggestion]:
    """A run that suggests everybody of this life, in order."""
    session, request = life.session, request or life.request
    run = SuggestionRun(
        request_id=request.id, request_revision=1, as_of=at, model="baseline-1",
        fingerprint=made_with or fingerprint(), eligible=len(life.offers),
    )  # fmt: skip
    session.add(run)
    session.flush()
    rows = [
        Suggestion(run_id=run.id, offer_id=offer.id, offer_revision=1, position=place, score=0.5, distance_km=1.0,
                   facts=pack(replace(FACTS, kind=0.0, distance_km=float(place))), reasons=[], against=[], moments={})
        for place, offer in enumerate(life.offers, start=1)
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    return rows


def ask(life: Life, row: Suggestion, now: datetime = NOW) -> Match:
    return propose(
        life.session, request_id=life.session.get_one(SuggestionRun, row.run_id).request_id, offer_id=row.offer_id,
        side=Side.SCHOOL, actor=life.actor(life.teacher), now=now, suggestion_id=row.id,
    )  # fmt: skip


def yes(life: Life, match: Match, now: datetime = NOW, moment: int = 0) -> None:
    moment_id = life.moments(match)[moment].id
    services.accept_match(
        life.session, match.id, moment_id=moment_id, actor=life.actor(match.professional_id or 0), now=now
    )


def no(life: Life, match: Match, now: datetime = NOW) -> None:
    guest = life.actor(match.professional_id or 0)
    services.decline_match(life.session, match.id, reason=DeclineReason.NO_TIME, actor=guest, now=now)


def approve(life: Life, match: Match, now: datetime = NOW) -> None:
    services.approve_match(life.session, match.id, actor=life.actor(life.coordinator), now=now)


def report(life: Life, match: Match, happened: bool = True, again: bool | None = True, now: datetime = AFTER) -> None:
    for actor, wish in ((life.actor(life.teacher), again), (life.actor(match.professional_id or 0), not again)):
        visit_services.report_visit(
            life.session, match.id, happened=happened, again=wish if happened else None, actor=actor, now=now,
            reason=None if happened else MissedReason.GUEST_ABSENT,
        )  # fmt: skip


def outcome(found: Examples, place: int) -> tuple[float | None, ...]:
    row = int(np.flatnonzero(found.position == place)[0])
    return tuple(
        None if np.isnan(column[row]) else float(column[row])
        for column in (found.yes, found.settled_at, found.held, found.ended_at, found.again_school, found.again_guest)
    )


def test_each_suggestion_has_what_became_of_it(session: Session) -> None:
    life = make_life(session, guests=6, needed=5)
    held, declined, silent, taken_back, undecided, _unasked = rows = stored(life)
    mark_shown(session, [row.id for row in rows[:5]], now=NOW)
    mark_opened(session, held.id, now=NOW)
    visit = ask(life, held)
    yes(life, visit, NOW + timedelta(hours=1))
    approve(life, visit, NOW + timedelta(hours=2))
    report(life, visit)
    no(life, ask(life, declined), NOW + timedelta(hours=3))
    quiet = ask(life, silent)
    end = NOW + timedelta(days=8)
    assert visit_services.expire_match(session, quiet.id, now=end)
    withdrawn = ask(life, taken_back)
    services.withdraw_match(session, withdrawn.id, reason=CancelReason.OTHER, actor=life.actor(life.teacher), now=LATER)
    ask(life, undecided)
    found = examples(session, as_of=AFTER)
    assert found.shown.tolist() == [True] * 5 + [False]
    assert found.opened.tolist() == [True] + [False] * 5
    assert found.invited.tolist() == [True] * 5 + [False]
    assert found.facts[:, 1].tolist() == [1, 2, 3, 4, 5, 6]
    hours = [NOW.timestamp() + 3600 * number for number in range(4)]
    assert outcome(found, 1) == (1, hours[1], 1, AFTER.timestamp(), 1, 0)
    assert outcome(found, 2) == (0, hours[3], None, None, None, None)
    assert outcome(found, 3) == (0, end.timestamp(), None, None, None, None)
    for place in (4, 5, 6):
        assert outcome(found, place) == (None,) * 6
    assert np.isfinite(found.asked_at).tolist() == found.invited.tolist()
    assert np.nan_to_num(found.left_at).tolist() == [0, 0, 0, LATER.timestamp(), 0, 0]
    assert found.guest.tolist() == [offer.person_id for offer in life.offers]
    assert set(found.never_served.tolist()) == {True}


def test_undone_answers_do_not_count(session: Session) -> None:
    life = make_life(session, guests=3, needed=3)
    rows = stored(life)
    soon = NOW + timedelta(seconds=30)
    accepted, declined, both = (ask(life, row) for row in rows)
    for match, answer in ((accepted, yes), (declined, no), (both, no)):
        answer(life, match)
        services.undo(session, match.id, actor=life.actor(match.professional_id or 0), now=soon)
    yes(life, both, LATER)
    found = examples(session, as_of=AFTER)
    assert outcome(found, 1) == outcome(found, 2) == (None,) * 6
    assert outcome(found, 3)[:3] == (1, LATER.timestamp(), None)


def test_another_moment_is_an_answer_but_not_yet_a_yes(session: Session) -> None:
    life = make_life(session, guests=2, needed=2)
    asked = [ask(life, row) for row in stored(life)]
    day = life.moments(asked[0])[0].day + timedelta(days=5)
    for match in asked:
        guest = life.actor(match.professional_id or 0)
        services.suggest_moment(
            session, match.id, day=day, starts="10:00", ends="10:50", actor=guest, now=NOW
        )  # fmt: skip
    chosen = next(moment for moment in life.moments(asked[0]) if moment.chosen)
    services.accept_match(session, asked[0].id, moment_id=chosen.id, actor=life.actor(life.teacher), now=LATER)
    session.execute(update(Match).where(Match.id == asked[1].id).values(expires_at=LATER))
    session.expire_all()
    visit_services.expire_match(session, asked[1].id, now=LATER)
    found = examples(session, as_of=AFTER)
    assert outcome(found, 1)[:2] == (1, LATER.timestamp())
    assert outcome(found, 2)[:2] == (None, None)


@pytest.mark.parametrize("ending", ["missed", "cancelled", "rejected", "not reported"])
def test_visit_that_does_not_take_place_is_a_yes_that_was_not_held(session: Session, ending: str) -> None:
    life = make_life(session, guests=1)
    match = ask(life, stored(life)[0])
    yes(life, match)
    if ending == "rejected":
        refused = services.RejectReason.DUPLICATE
        services.reject_match(session, match.id, reason=refused, actor=life.actor(life.coordinator), now=AFTER)
    else:
        approve(life, match)
    if ending == "missed":
        report(life, match, happened=False)
    if ending == "cancelled":
        sick, actor = CancelReason.ILL, life.actor(life.teacher)
        services.cancel_match(session, match.id, reason=sick, actor=actor, now=LATER)
    if ending == "not reported":
        assert visit_services.count_reports(session, match.id, now=AFTER + timedelta(days=60))
    found = examples(session, as_of=AFTER + timedelta(days=61))
    assert outcome(found, 1)[::2][:2] == (1, None if ending == "not reported" else 0)


def test_rows_with_other_facts_are_left_out_and_counted(session: Session) -> None:
    life = make_life(session)
    stored(life)
    stored(life, made_with="0" * 64)
    assert len(examples(session, as_of=NOW)) == 2
    assert unreadable_count(session, as_of=NOW) == 2


def test_window_and_order(session: Session) -> None:
    life = make_life(session)
    other = make_request(session, school=life.school, teacher=life.teacher)
    for request, at in ((other, NOW), (life.request, NOW), (life.request, LATER)):
        stored(life, request=request, at=at)
    found = examples(session, as_of=AFTER)
    first, second = sorted((life.request.id, other.id))
    assert found.request.tolist() == [first, first, second, second, life.request.id, life.request.id]
    assert found.position.tolist() == [1, 2] * 3
    assert len(examples(session, as_of=NOW)) == len(examples(session, until=LATER, as_of=AFTER)) == 4
    assert examples(session, since=LATER, as_of=AFTER).request.tolist() == [life.request.id] * 2
    assert len(examples(session, until=NOW, as_of=AFTER)) == 0


def test_school_that_was_visited_is_served_from_then_on(session: Session) -> None:
    life = make_life(session, guests=1, needed=2)
    match = ask(life, stored(life)[0])
    yes(life, match)
    approve(life, match)
    report(life, match)
    stored(life, at=AFTER + timedelta(days=1))
    assert examples(session, as_of=AFTER + timedelta(days=2)).never_served.tolist() == [True, False]


def test_segments_are_those_of_the_request(session: Session) -> None:
    life = make_life(session, guests=1)
    stored(life)
    found, names = examples(session, as_of=NOW), landsdelen(session)
    assert found.landsdeel.tolist() in ([NOWHERE], *([number] for number in names))
    assert found.level.tolist() == [9]


def statements(session: Session, work: Callable[[], object]) -> int:
    count = 0

    def counted(*_args: Any) -> None:
        nonlocal count
        count += 1

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", counted)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", counted)
    return count


def test_number_of_statements_does_not_grow(session: Session) -> None:
    life = make_life(session, guests=4, needed=4)
    rows = stored(life)
    ask(life, rows[0])
    few = statements(session, lambda: examples(session, as_of=AFTER))
    for row in rows[1:]:
        ask(life, row)
    for days in range(1, 9):
        stored(life, at=NOW + timedelta(days=days))
    assert statements(session, lambda: examples(session, as_of=AFTER)) == few <= 7
