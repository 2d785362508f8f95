"""An account that is erased: its visits end or go to a colleague, figures stay, and no word of the person is left."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.services import add_user
from matcher.db import Database
from matcher.i18n import in_locale
from matcher.matching.erasing_queries import hanging_on
from matcher.matching.erasing_services import erase_account
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match, VisitReport
from matcher.matching.services import approve_match
from matcher.matching.states import MatchState
from matcher.matching.tasks import due_work
from matcher.notices.models import Outbox
from matcher.requests.models import Request, RequestRevision
from matcher.requests.revision_services import record_revision
from matcher.requests.states import RequestState
from matcher.safeguarding.models import ReportOfConcern
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.factories.people import make_teacher
from tests.matching.canaries import EMAIL, NAME, PHONE, TOKEN, Canary, hits, make_canary
from tests.matching.lives import make_life

LATER = NOW + timedelta(minutes=2)
WORDS = (TOKEN, EMAIL, PHONE, NAME)


def counted(session: Session) -> list[Any]:
    """What figures are made of: held visits with their hours and pupils, per region and kind."""
    query = (
        select(
            Match.region_id, Match.kind, func.count(Match.id), func.sum(VisitReport.hours), func.sum(VisitReport.pupils)
        )
        .join(VisitReport, VisitReport.match_id == Match.id)
        .where(Match.state == MatchState.HELD)
        .group_by(Match.region_id, Match.kind)
    )
    return [tuple(row) for row in session.execute(query)]


def test_no_word_of_the_person_is_left_in_any_table(database: Database) -> None:
    with database.write() as session:
        canary = make_canary(session)
        before = counted(session)
        planted = {place.split(":")[0] for place in hits(session, (TOKEN, EMAIL, PHONE))}
    assert len(planted) > 25, planted
    erase_account(canary.user_id, look=database.read, opened=database.write, now=LATER)
    with database.read() as session:
        assert hits(session, WORDS) == []
        assert counted(session) == before != []
        assert broken_promises(session) == []
        passed_on(session, canary)
        others_hear(session, canary)
    due_work(database, None, LATER + timedelta(minutes=5))
    with database.read() as session:
        assert hits(session, WORDS) == []
        assert broken_promises(session) == []
        user = session.get_one(User, canary.user_id)
        assert (user.name, user.password_hash, user.erased_at) == ("Deleted account", None, LATER)
        assert session.scalar(select(func.count()).where(Grant.user_id == user.id, Grant.ended_at.is_(None))) == 0
    with database.write() as session:
        assert add_user(session, email=EMAIL, name=NAME, now=LATER).id != canary.user_id


def passed_on(session: Session, canary: Canary) -> None:
    """What is ahead goes to a colleague or ends; what is over stays."""
    teaching = session.get_one(Match, canary.teaching)
    request = session.get_one(Request, teaching.request_id)
    assert (teaching.state, teaching.teacher_id) == (MatchState.APPROVED, canary.colleague_id)
    assert (request.asked_by_id, request.title, request.own_words) == (canary.colleague_id, "Natuurkunde", "")
    assert session.get_one(Match, canary.giving).state is MatchState.CANCELLED
    assert session.get_one(Request, canary.draft).state is RequestState.WITHDRAWN
    assert session.get_one(Match, canary.held).state is MatchState.HELD
    assert session.get_one(ReportOfConcern, canary.open_concern).body == "Een leerling was bang."


def others_hear(session: Session, canary: Canary) -> None:
    """Of the visit that ends, with a neutral word where the name stood; the person gets nothing any more."""
    told = select(Outbox).where(Outbox.subject == "match", Outbox.subject_id == canary.giving)
    cancelled = [row for row in session.scalars(told) if row.template == "matching/cancelled"]
    assert {row.state.value for row in cancelled if row.recipient_user_id == canary.user_id} == {"withheld"}
    others = [row for row in cancelled if row.recipient_user_id != canary.user_id]
    assert {row.params["guest"] for row in others} == {"Verwijderd account"}
    assert any("METHOD:CANCEL" in (row.calendar or "") for row in others)


def test_without_a_colleague_the_school_s_visits_end(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        canary = make_canary(session, colleague=False)
    erase_account(canary.user_id, look=sqlite_database.read, opened=sqlite_database.write, now=LATER)
    with sqlite_database.read() as session:
        match = session.get_one(Match, canary.teaching)
        assert match.state is MatchState.CANCELLED
        assert session.get_one(Request, match.request_id).state is RequestState.WITHDRAWN
        assert broken_promises(session) == []


CHANGES = (
    "update match_events set reason = 'ill' where actor_id = :u",
    "update match_events set note = 'kwaad' where actor_id = :u",
    "update match_events set note = '' where actor_id <> :u",
    "update request_revisions set revision = revision + 50 where by_id = :u",
    "update offer_revisions set snapshot = '{}' where revision = 1 and 0 < :u",
    "delete from match_events where actor_id = :u",
)


def test_the_page_tells_what_ends_with_its_day_and_nothing_that_is_over(session: Session) -> None:
    teacher = make_teacher(session)
    last = NOW.date() + timedelta(days=20)
    make_request(session, teacher=teacher, title="Water", window_to=last)
    over = make_request(session, teacher=teacher, title="Lucht", window_to=NOW.date() - timedelta(days=1))
    make_request(session, teacher=teacher, title="Vuur", state=RequestState.DRAFT)
    with in_locale("en"):
        found = hanging_on(session, teacher.id, now=NOW)
    assert found.drafts == 1
    assert [line.split(",")[0] for line in found.requests] == ["Water"]
    assert str(last.day) in found.requests[0]
    assert over.title not in str(found)


def test_history_allows_nothing_else(database: Database) -> None:
    """Empty words of somebody who is gone: not another column, not other words, not of anybody else."""
    with database.write() as session:
        life = make_life(session)
        match = life.accepted()
        approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW, note="Goed dat je komt.")
        life.request.revision = 2
        kept = record_revision(session, life.request, by_id=life.teacher.id, now=NOW).snapshot
        life.teacher.erased_at = NOW
        user_id, own = life.teacher.id, RequestRevision.by_id == life.teacher.id
    for change in CHANGES:
        with pytest.raises(DatabaseError, match="append_only"), database.write() as session:
            session.execute(text(change), {"u": user_id})
    for other in ({"title": "", "needed": 9}, {"title": "Iets anders"}):
        with pytest.raises(DatabaseError, match="append_only"), database.write() as session:
            session.execute(update(RequestRevision).where(own).values(snapshot={**kept, **other}))
    with database.write() as session:
        session.execute(update(RequestRevision).where(own).values(snapshot={**kept, "title": ""}))
