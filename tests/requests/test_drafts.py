"""Drafts: made by the right people, kept whole, copied without the past, discarded and taken back."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Event

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.availability.moments import Week
from matcher.availability.states import Delivery
from matcher.db import Database
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.organisations.models import CalendarDay, DayKind
from matcher.requests import queries, services
from matcher.requests.along_services import keep_draft
from matcher.requests.asking import Wish
from matcher.requests.drafts import Sending
from matcher.requests.models import Request, RequestRevision
from matcher.requests.revision_services import record_revision
from matcher.requests.states import RequestState
from tests.conftest import NOW
from tests.factories.matching import make_class, make_topic
from tests.factories.people import make_coordinator, make_grant, make_region, make_school, make_teacher, make_user

WEEKS = (Week(2026, 50), Week(2026, 51), Week(2026, 53))


class World:
    """A school with a teacher, a class (Monday 3rd, Thursday 2nd and 3rd period) and a topic."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school = make_school(session)
        self.teacher = make_teacher(session, school=self.school)
        self.group = make_class(session, school=self.school)
        self.topic = make_topic(session)
        self.wish = Wish(
            class_id=self.group.id,
            topic_text="energietransitie",
            topic_ids=(self.topic.id,),
            weeks=WEEKS,
            group_size=28,
            delivery=Delivery.EITHER,
            own_words="Wie vertelt over warmtepompen?",
        )

    def actor(self, person: User | None = None) -> Actor:
        return actor_for(self.session, (person or self.teacher).id)

    def save(self, actor: Actor | None = None, data: Wish | None = None, asked_by: int | None = None) -> Request:
        return services.save_draft(
            self.session,
            actor=actor or self.actor(),
            now=NOW,
            organisation_id=self.school.id,
            data=data or self.wish,
            asked_by_id=asked_by,
        )


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_save_draft_keeps_everything_that_was_said(world: World, session: Session) -> None:
    request = world.save()
    session.expire_all()
    found = queries.wish_of(session, session.get_one(Request, request.id))
    assert found == Wish(**{**vars(world.wish), "teacher_id": world.teacher.id})
    assert request.state is RequestState.DRAFT
    assert request.title == f"Energietransitie · {world.group.name}"
    assert (request.level, request.year) == ("havo", 4)


def test_save_draft_makes_the_moments_and_leaves_holidays_out(world: World, session: Session) -> None:
    request = world.save()
    moments = queries.moments_of(session, [request.id])[request.id]
    assert [(m.day, m.periods) for m in moments][:3] == [
        (date(2026, 12, 7), [3]),
        (date(2026, 12, 10), [2]),
        (date(2026, 12, 10), [3]),
    ]
    assert len(moments) == 6
    assert (request.window_from, request.window_to) == (date(2026, 12, 7), date(2026, 12, 17))
    assert (moments[0].starts, moments[0].ends) == ("10:10", "11:00")


def test_test_week_of_the_school_leaves_no_moment(world: World, session: Session) -> None:
    for offset in range(5):
        day = date(2026, 12, 7) + timedelta(days=offset)
        session.add(CalendarDay(organisation_id=world.school.id, day=day, kind=DayKind.TEST_WEEK))
    session.flush()
    plan = services.write_request(session, world.save(), world.wish, now=NOW)
    assert {m.date for m in plan.moments} == {date(2026, 12, 14), date(2026, 12, 17)}
    assert {r.code for r in plan.refused} == {"test_week", "holiday"}


def test_lesson_day_of_the_school_wins_over_the_holiday(world: World, session: Session) -> None:
    day = date(2026, 12, 31)
    session.add(CalendarDay(organisation_id=world.school.id, day=day, kind=DayKind.LESSON_DAY))
    session.flush()
    request = world.save()
    assert day in {moment.day for moment in queries.moments_of(session, [request.id])[request.id]}


def test_half_filled_draft_is_kept(world: World) -> None:
    request = world.save(data=Wish(own_words="nog niet klaar"))
    assert (request.class_id, request.group_size, request.own_words) == (None, None, "nog niet klaar")


def test_update_draft_keeps_the_rows_of_moments_that_stay(world: World, session: Session) -> None:
    request = world.save()
    before = {m.start_s: m.id for m in queries.moments_of(session, [request.id])[request.id]}
    fewer = Wish(**{**vars(world.wish), "weeks": WEEKS[:1]})
    services.update_draft(session, actor=world.actor(), now=NOW, request_id=request.id, data=fewer)
    after = {m.start_s: m.id for m in queries.moments_of(session, [request.id])[request.id]}
    assert len(after) == 3
    assert all(before[start] == row for start, row in after.items())


def test_update_draft_from_an_old_page_is_refused(world: World, session: Session) -> None:
    request = world.save()
    old = request.version
    arguments = {"actor": world.actor(), "now": NOW, "request_id": request.id, "version": old}
    services.update_draft(session, data=Wish(**{**vars(world.wish), "own_words": "nieuw"}), **arguments)
    with pytest.raises(Conflict):
        services.update_draft(session, data=world.wish, **arguments)


def test_stranger_finds_neither_school_nor_draft(world: World, session: Session) -> None:
    stranger = world.actor(make_teacher(session))
    request = world.save()
    with pytest.raises(NotFound):
        world.save(actor=stranger)
    with pytest.raises(NotFound):
        queries.request_for(session, stranger, request.id)
    for nonsense in (0, -1, 10**20, request.id + 999):
        with pytest.raises(NotFound):
            queries.request_for(session, world.actor(), nonsense)


def test_colleague_sees_no_draft_and_the_leader_does(world: World, session: Session) -> None:
    request = world.save()
    colleague = make_teacher(session, school=world.school)
    leader = make_user(session)
    make_grant(session, leader, Role.SCHOOL_LEAD, organisation=world.school)
    with pytest.raises(NotFound):
        queries.request_for(session, world.actor(colleague), request.id)
    assert queries.draft_for(session, world.actor(leader), request.id).id == request.id


def test_unconfirmed_teacher_may_prepare(world: World, session: Session) -> None:
    person = make_user(session)
    make_grant(session, person, Role.TEACHER, organisation=world.school, confirmed=False)
    own = make_class(session, school=world.school, created_by_id=person.id)
    assert world.save(world.actor(person), replace(world.wish, class_id=own.id)).asked_by_id == person.id


def test_unconfirmed_teacher_knows_no_classes_or_colleagues(world: World, session: Session) -> None:
    person = make_user(session)
    make_grant(session, person, Role.TEACHER, organisation=world.school, confirmed=False)
    actor = world.actor(person)
    own = make_class(session, school=world.school, created_by_id=person.id)
    assert [found.id for found in queries.classes_for(session, actor, world.school)] == [own.id]
    assert [found.id for found in queries.teachers_for(session, actor, world.school)] == [person.id]
    with pytest.raises(NotFound):
        queries.class_for(session, actor, world.group.id)
    wish = replace(world.wish, class_id=own.id)
    for change in (
        {"class_id": world.group.id},
        {"also_class_ids": (world.group.id,)},
        {"teacher_id": world.teacher.id},
    ):
        with pytest.raises(InvalidInput):
            world.save(actor, replace(wish, **change))


def test_coordinator_asks_on_behalf_of_a_teacher(world: World, session: Session) -> None:
    coordinator = world.actor(make_coordinator(session))
    request = world.save(actor=coordinator, asked_by=world.teacher.id)
    assert (request.asked_by_id, request.on_behalf_by_id) == (world.teacher.id, coordinator.user_id)
    for nobody in (None, make_teacher(session).id):
        with pytest.raises(InvalidInput) as refusal:
            world.save(actor=coordinator, asked_by=nobody)
        assert refusal.value.field == "asked_by"


def test_coordinator_of_another_region_finds_nothing(world: World, session: Session) -> None:
    other = make_coordinator(session, region=make_region(session, "groningen", landsdeel="noord"))
    with pytest.raises(NotFound):
        world.save(actor=world.actor(other), asked_by=world.teacher.id)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"class_id": 999_999}, "school_class"),
        ({"topic_ids": (999_999,)}, "topic_text"),
        ({"teacher_id": 999_999}, "teacher"),
        ({"group_size": 0}, "group_size"),
        ({"group_size": 501}, "group_size"),
        ({"also_class_ids": tuple(range(900_000, 900_020))}, "also_classes"),
    ],
)
def test_save_draft_with_foreign_values_is_refused(world: World, change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        world.save(data=Wish(**{**vars(world.wish), **change}))
    assert refusal.value.field == field


def test_class_of_another_school_is_refused(world: World, session: Session) -> None:
    foreign = make_class(session, school=make_school(session))
    with pytest.raises(InvalidInput):
        world.save(data=Wish(**{**vars(world.wish), "class_id": foreign.id}))


def test_copy_drops_weeks_that_have_passed(world: World, session: Session) -> None:
    request = world.save()
    later = NOW + timedelta(weeks=3)
    copy = services.copy_request(session, actor=world.actor(), now=later, request_id=request.id)
    wish = queries.wish_of(session, copy)
    assert wish.weeks == (Week(2026, 51), Week(2026, 53))
    assert (wish.class_id, wish.own_words, copy.state) == (world.group.id, world.wish.own_words, RequestState.DRAFT)


def test_discarded_draft_leaves_the_list_and_comes_back(world: World, session: Session) -> None:
    request, actor = world.save(), world.actor()
    services.discard_draft(session, actor=actor, now=NOW, request_id=request.id)
    assert request.id not in {found.id for found in queries.requests_of(session, actor)}
    with pytest.raises(NotFound):
        services.update_draft(session, actor=actor, now=NOW, request_id=request.id, data=world.wish)
    services.restore_draft(session, actor=actor, now=NOW, request_id=request.id)
    assert request.id in {found.id for found in queries.requests_of(session, actor)}


def test_open_request_cannot_be_discarded_as_a_draft(world: World, session: Session) -> None:
    request = world.save()
    request.state, request.published_at = RequestState.OPEN, NOW
    session.flush()
    for step in (services.discard_draft, services.restore_draft):
        with pytest.raises(NotFound):
            step(session, actor=world.actor(), now=NOW, request_id=request.id)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"class_id": None}, "school_class"),
        ({"topic_ids": ()}, "topic_text"),
        ({"group_size": None}, "group_size"),
        ({"own_words": "  "}, "own_words"),
        ({"weeks": (Week(2026, 53),)}, "weeks"),
        ({"weeks": ()}, "weeks"),
    ],
)
def test_require_complete_names_what_is_missing(
    world: World, session: Session, change: dict[str, object], field: str
) -> None:
    request = world.save(data=Wish(**{**vars(world.wish), **change}))
    with pytest.raises(InvalidInput) as refusal:
        services.require_complete(session, request, now=NOW)
    assert refusal.value.field == field


def test_complete_draft_may_be_sent_until_its_last_moment(world: World, session: Session) -> None:
    request = world.save()
    services.require_complete(session, request, now=NOW)
    with pytest.raises(InvalidInput):
        services.require_complete(session, request, now=NOW + timedelta(weeks=5))


def test_record_revision_keeps_what_was_said(world: World, session: Session) -> None:
    request = world.save()
    record_revision(session, request, by_id=world.teacher.id, now=NOW)
    row = session.scalars(select(RequestRevision).where(RequestRevision.request_id == request.id)).one()
    assert row.snapshot["topics"] == ["natuurkunde"]
    assert len(row.snapshot["moments"]) == 6


@pytest.mark.usefixtures("patient")
def test_button_pressed_while_the_page_is_being_kept_is_no_conflict_with_itself(database: Database) -> None:
    with database.write() as session:
        world = World(session)
        draft = world.save()
        who, school, wish, version = world.actor(), world.school.id, world.wish, draft.version
        number = draft.id
    read, keeping = Event(), Sending(page="one page", turn=1, draft_id=number, version=version)

    def keep() -> None:
        with database.write() as session:
            keep_draft(session, actor=who, now=NOW, organisation_id=school, data=wish, sent=keeping)
            read.set()
            time.sleep(0.3)  # its answer is on the way while the button is pressed

    def press() -> int:
        read.wait(10)
        with database.write() as session:
            sent = replace(keeping, turn=2)
            return keep_draft(session, actor=who, now=NOW, organisation_id=school, data=wish, sent=sent).id

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(keep), pool.submit(press)
        first.result()
        assert second.result() == number
