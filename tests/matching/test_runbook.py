"""The plan for the day: each side writes its half, sees the other's from approval on, and overwrites nothing unseen."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import How
from matcher.accounts.states import Role
from matcher.availability.states import Delivery, Kind
from matcher.errors import Conflict, Forbidden, IllegalMove, InvalidInput
from matcher.matching.behalf import OnBehalf
from matcher.matching.models import Match
from matcher.matching.page_queries import match_page
from matcher.matching.queries import facts_of_match
from matcher.matching.reminder_services import remind
from matcher.matching.runbook_models import RunbookVersion
from matcher.matching.runbook_queries import Runbook
from matcher.matching.runbook_services import fill_in
from matcher.matching.runbook_wording import runbook_hint, runbook_label
from matcher.matching.runbooks import PARTIES, Item, items_of
from matcher.matching.services import approve_match
from matcher.matching.states import Side
from matcher.matching.still_true import STILL_TRUE
from matcher.notices.models import Outbox
from matcher.organisations.models import Organisation
from tests.factories import NOW
from tests.factories.people import make_grant, make_teacher, make_user
from tests.matching.lives import AFTER, Life, make_life

SAID = {Item.ROOM: "B12", Item.RECEIVES: "Tess, bij de balie"}


def seen(life: Life, match: Match, user_id: int, now=NOW) -> Runbook | None:
    facts = facts_of_match(life.session, match, now)
    return match_page(life.session, match, facts, life.actor(user_id), now).runbook


def words(found: Runbook | None) -> set[str]:
    return {text for half, _saved in found.seen for _item, text in half.known} if found else set()


def test_halves_open_to_the_other_side_with_approval(session: Session) -> None:
    life = make_life(session)
    match = life.accepted()
    teacher, guest = life.actor(life.teacher), life.guest()
    contact, stranger = make_user(session), make_teacher(session, school=life.school)
    company = session.get_one(Organisation, life.offers[0].organisation_id)
    make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
    fill_in(session, match.id, SAID, version=0, actor=teacher, now=NOW)
    people = (teacher.user_id, guest.user_id, life.coordinator.id, contact.id, stranger.id)
    before = ["B12" in words(seen(life, match, person or 0)) for person in people]
    approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)
    after = ["B12" in words(seen(life, match, person or 0)) for person in people]
    assert before == [True, False, False, False, False]
    assert after == [True, True, True, False, False]


def test_every_saving_is_a_version_and_a_stale_page_overwrites_nothing(session: Session) -> None:
    life = make_life(session)
    match, teacher = life.approved(), life.actor(life.teacher)
    fill_in(session, match.id, SAID, version=0, actor=teacher, now=NOW)
    fill_in(session, match.id, SAID, version=0, actor=teacher, now=NOW)
    with pytest.raises(Conflict):
        fill_in(session, match.id, SAID | {Item.ROOM: "A1"}, version=0, actor=teacher, now=NOW)
    fill_in(session, match.id, SAID | {Item.ROOM: "C3"}, version=1, actor=teacher, now=NOW)
    rows = session.execute(select(RunbookVersion.version, RunbookVersion.said).order_by(RunbookVersion.version)).all()
    assert [(version, said["room"]) for version, said in rows] == [(1, "B12"), (2, "C3")]


def test_only_parties_write_and_only_while_it_is_ahead(session: Session) -> None:
    life = make_life(session)
    asked, agreed = life.asked(1), life.approved()
    with pytest.raises(IllegalMove):
        fill_in(session, asked.id, SAID, version=0, actor=life.actor(life.teacher), now=NOW)
    with pytest.raises(IllegalMove):
        fill_in(session, agreed.id, SAID, version=0, actor=life.actor(life.teacher), now=AFTER)
    for stranger in (life.coordinator, make_teacher(session, school=life.school)):
        with pytest.raises(Forbidden):
            fill_in(session, agreed.id, SAID, version=0, actor=life.actor(stranger), now=NOW)
    assert session.scalar(select(func.count()).select_from(RunbookVersion)) == 0


def test_lines_of_the_other_half_are_not_written(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    row = fill_in(session, match.id, {Item.ROOM: "B12", Item.BRINGS: "Drone"}, version=0, actor=life.guest(), now=NOW)
    assert row.said == {"brings": "Drone", "pupils": ""}


def test_link_of_an_online_lesson_begins_with_https(session: Session) -> None:
    life = make_life(session)
    match, teacher = life.approved(), life.actor(life.teacher)
    life.request.delivery = Delivery.ONLINE
    with pytest.raises(InvalidInput):
        fill_in(session, match.id, {Item.LINK: "javascript:alert(1)"}, version=0, actor=teacher, now=NOW)
    found = seen(life, match, life.teacher.id)
    assert found is not None
    assert found.mine is not None
    assert found.mine.missing == [Item.LINK, Item.EQUIPMENT]


def test_teacher_who_stays_is_known_until_the_school_says_otherwise(session: Session) -> None:
    life = make_life(session)
    match = life.approved()
    assert words(seen(life, match, life.teacher.id)) == {life.teacher.name}
    said = {Item.ADULT: "De mentor van de klas"}
    fill_in(session, match.id, said, version=0, actor=life.actor(life.teacher), now=NOW)
    assert words(seen(life, match, life.teacher.id)) == {"De mentor van de klas"}


def test_change_after_the_reminder_is_told_to_the_other_side(session: Session) -> None:
    life = make_life(session)
    match, teacher = life.approved(), life.actor(life.teacher)
    fill_in(session, match.id, SAID, version=0, actor=teacher, now=NOW)
    changed = select(Outbox.address, Outbox.seq).where(Outbox.template == "matching/runbook_changed")
    assert session.execute(changed).all() == []
    eve = AFTER.replace(year=2026, month=12, day=8)
    remind(session, match.id, now=eve)
    fill_in(session, match.id, SAID | {Item.ROOM: "C3"}, version=1, actor=teacher, now=eve)
    assert {tuple(row) for row in session.execute(changed)} == {(life.guest().email, 2)}
    is_true = STILL_TRUE["school_runbook"]
    assert is_true(session, match.id, 2, "matching/runbook_changed")
    fill_in(session, match.id, SAID, version=2, actor=teacher, now=eve + timedelta(minutes=1))
    assert not is_true(session, match.id, 2, "matching/runbook_changed")


@pytest.mark.parametrize("kind", Kind)
def test_every_line_has_words(kind: Kind) -> None:
    for delivery in Delivery:
        for side in PARTIES:
            items = items_of(kind, delivery, side)
            assert items
            assert all(str(runbook_label(item, kind, side)) for item in items)
            assert {str(runbook_hint(item, kind) or "") for item in items}
    assert Side.COORDINATOR not in PARTIES


def test_coordinator_notes_a_half_for_who_told_it_once_it_is_approved(session: Session) -> None:
    life = make_life(session)
    match, coordinator = life.accepted(), life.actor(life.coordinator)
    told = OnBehalf(side=Side.SCHOOL, how=How.PHONE, at=NOW, tell=False)
    with pytest.raises(IllegalMove):
        fill_in(session, match.id, SAID, version=0, actor=coordinator, now=NOW, on_behalf=told)
    approve_match(session, match.id, actor=coordinator, now=NOW)
    with pytest.raises(Forbidden):
        fill_in(session, match.id, SAID, version=0, actor=life.guest(), now=NOW, on_behalf=told)
    row = fill_in(session, match.id, SAID, version=0, actor=coordinator, now=NOW, on_behalf=told)
    assert (row.side, row.by_id, row.said["room"]) == (Side.SCHOOL, life.coordinator.id, "B12")
    again = fill_in(session, match.id, SAID, version=1, actor=coordinator, now=NOW, on_behalf=told)
    assert again.version == 1, "the same words again change nothing"
    found = seen(life, match, life.guest().user_id or 0)
    assert found is not None
    assert {"B12", "Tess, bij de balie"} <= words(found)
    saved = next(saved for half, saved in found.seen if half.side is Side.SCHOOL)
    assert life.coordinator.name in saved
    fill_in(session, match.id, {Item.ROOM: "B13"}, version=1, actor=life.actor(life.teacher), now=NOW)
    late = OnBehalf(side=Side.SCHOOL, how=How.PHONE, at=NOW + timedelta(days=1), tell=False)
    with pytest.raises(InvalidInput):
        fill_in(session, match.id, SAID, version=2, actor=coordinator, now=NOW, on_behalf=late)
