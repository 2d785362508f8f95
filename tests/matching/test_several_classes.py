"""One visit to several classes holds the time of each of them; a series is asked as one question, on both engines."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.models import Booking
from matcher.availability.moments import Week
from matcher.availability.states import Party
from matcher.errors import Conflict, InvalidInput
from matcher.matching.class_queries import class_visits
from matcher.matching.models import Match
from matcher.matching.queries import chosen_moment
from matcher.matching.request_services import invite, publish_request
from matcher.matching.services import accept_match, approve_match, cancel_match
from matcher.matching.states import CancelReason, MatchState
from matcher.organisations.models import LessonGrid
from matcher.requests.asking import Wish
from matcher.requests.models import Request, RequestMoment, SchoolClass
from matcher.requests.queries import lessons_of, wish_of
from matcher.requests.services import save_draft
from tests.factories import NOW
from tests.factories.matching import THURSDAY, epoch, make_class, make_request
from tests.matching.lives import Life, another_offer, make_life

GRID = [[1, "08:30", "09:20"], [2, "09:20", "10:10"], [3, "10:30", "11:20"], [4, "11:20", "12:10"]]


def morning(life: Life) -> tuple[list[SchoolClass], Request]:
    """3a, 3b and 3c with the second, third and fourth period of one Thursday."""
    session, school = life.session, life.school
    session.add(LessonGrid(organisation_id=school.id, valid_from=date(2026, 8, 1), periods=GRID))
    classes = [
        make_class(session, school=school, name=name, size=20 + period, weekly_periods=[[3, period, 1]])
        for name, period in (("3a", 2), ("3b", 3), ("3c", 4))
    ]
    request = make_request(
        session,
        school=school,
        teacher=life.teacher,
        school_class=classes[0],
        moments=[(THURSDAY, "09:20", "12:10")],
        details={"also_class_ids": [group.id for group in classes[1:]]},
    )
    row = session.scalars(select(RequestMoment).where(RequestMoment.request_id == request.id)).one()
    row.periods = [2, 3, 4]
    session.flush()
    return classes, request


def yes(life: Life, request: Request, number: int = 0) -> Match:
    life.request = request
    return life.accepted(number)


def held(session: Session, match: Match) -> dict[int, tuple[int, int]]:
    query = select(Booking.party_id, Booking.start_s, Booking.end_s).where(
        Booking.match_id == match.id, Booking.live, Booking.party == Party.CLASS
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def test_each_class_is_held_for_its_own_period(session: Session) -> None:
    life = make_life(session)
    classes, request = morning(life)
    match = yes(life, request)

    times = (("09:20", "10:10"), ("10:30", "11:20"), ("11:20", "12:10"))
    assert held(session, match) == {
        group.id: (epoch(THURSDAY, starts), epoch(THURSDAY, ends))
        for group, (starts, ends) in zip(classes, times, strict=True)
    }
    visits = class_visits(session, request, chosen_moment(session, match.id))
    assert [(each.name, each.period, each.starts) for each in visits] == [
        ("3a", 2, "09:20"),
        ("3b", 3, "10:30"),
        ("3c", 4, "11:20"),
    ]
    approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)
    cancel_match(session, match.id, reason=CancelReason.ILL, actor=life.actor(life.teacher), now=NOW)
    assert not held(session, match)


@pytest.mark.parametrize(("starts", "ends", "free"), [("10:30", "11:20", False), ("09:20", "10:10", True)])
def test_another_class_of_the_visit_has_no_second_visit_then(
    session: Session, starts: str, ends: str, free: bool
) -> None:
    life = make_life(session)
    classes, request = morning(life)
    other = make_request(
        session, school=life.school, teacher=life.teacher, school_class=classes[1], moments=[(THURSDAY, starts, ends)]
    )
    yes(life, request)
    if free:
        assert yes(life, other, 1).state is MatchState.ACCEPTED
    else:
        with pytest.raises(Conflict, match="already has a visit"):
            yes(life, other, 1)


def test_classes_that_come_together_are_held_all_the_time(session: Session) -> None:
    life = make_life(session)
    classes, request = morning(life)
    for group in classes:
        group.weekly_periods = [[3, 1, 1]]
    match = yes(life, request)
    assert set(held(session, match).values()) == {(epoch(THURSDAY, "09:20"), epoch(THURSDAY, "12:10"))}
    assert len(held(session, match)) == 3


def test_hours_pass_to_the_other_guest_for_every_class(session: Session) -> None:
    life = make_life(session)
    _classes, request = morning(life)
    request.needed = 2
    first, second = yes(life, request), yes(life, request, 1)
    assert (len(held(session, first)), len(held(session, second))) == (3, 0)
    approve_match(session, first.id, actor=life.actor(life.coordinator), now=NOW)
    cancel_match(session, first.id, reason=CancelReason.ILL, actor=life.actor(life.teacher), now=NOW)
    assert (len(held(session, first)), len(held(session, second))) == (0, 3)


def test_pupils_and_names_count_over_all_classes(session: Session) -> None:
    life = make_life(session)
    classes, request = morning(life)
    wish = replace(wish_of(session, request), topic_text="Bruggen", weeks=(Week(2026, 50),), group_size=22)
    draft = save_draft(session, actor=life.actor(life.teacher), now=NOW, organisation_id=life.school.id, data=wish)
    assert draft.title == "Bruggen · 3a, 3b, 3c"
    assert draft.class_ids == tuple(group.id for group in classes)


def series(life: Life, *weeks: int, lessons: int = 3) -> Request:
    group = make_class(life.session, school=life.school, weekly_periods=[[3, 3, 1]])
    topic_ids = wish_of(life.session, life.request).topic_ids
    data = Wish(
        class_id=group.id,
        topic_text="Bruggen",
        topic_ids=topic_ids,
        weeks=tuple(Week(2027, week) for week in weeks),
        group_size=28,
        own_words="Drie lessen over bruggen.",
        lessons=lessons,
    )
    return save_draft(life.session, actor=life.actor(life.teacher), now=NOW, organisation_id=life.school.id, data=data)


def test_series_becomes_one_request_a_lesson_and_one_question(session: Session) -> None:
    life = make_life(session, guests=0)
    offer = another_offer(session, open_cap=1)
    life.offers = [offer]
    first = series(life, 2, 3, 4, 5)
    teacher = life.actor(life.teacher)
    publish_request(session, first.id, actor=teacher, now=NOW)

    lessons = lessons_of(session, first)
    assert [lesson.title[-5:] for lesson in lessons] == ["(1/3)", "(2/3)", "(3/3)"]
    assert [[str(week) for week in wish_of(session, lesson).weeks] for lesson in lessons] == [
        ["2027-W02"],
        ["2027-W03", "2027-W04"],
        ["2027-W05"],
    ]
    asked = invite(session, first.id, offer_ids=[offer.id], actor=teacher, now=NOW)
    assert [match.request_id for match in asked] == [lesson.id for lesson in lessons]
    for match in asked:
        accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=life.guest(), now=NOW)
    assert {match.state for match in asked} == {MatchState.ACCEPTED}


def test_series_needs_a_week_for_every_lesson(session: Session) -> None:
    life = make_life(session, guests=0)
    draft = series(life, 2, 3)
    with pytest.raises(InvalidInput) as refused:
        publish_request(session, draft.id, actor=life.actor(life.teacher), now=NOW)
    assert refused.value.field == "weeks"
