"""An account that is erased: its visits end or go to a colleague, figures stay, and no word of the person is left."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.services import add_user
from matcher.db import Database
from matcher.matching.erasing_services import erase_account
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match, VisitReport
from matcher.matching.states import MatchState
from matcher.matching.tasks import due_work
from matcher.notices.models import Outbox
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from matcher.safeguarding.models import ReportOfConcern
from tests.factories import NOW
from tests.matching.canaries import EMAIL, NAME, PHONE, TOKEN, Canary, hits, make_canary

LATER = NOW + timedelta(minutes=2)


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


@pytest.fixture
def erased(database: Database) -> tuple[Database, Canary, list[Any]]:
    with database.write() as session:
        canary = make_canary(session)
        before = counted(session)
        planted = {place.split(":")[0] for place in hits(session, (TOKEN, EMAIL, PHONE))}
    assert len(planted) > 25, planted
    erase_account(canary.user_id, look=database.read, opened=database.write, now=LATER)
    return database, canary, before


def test_no_word_of_the_person_is_left_in_any_table(erased: Any) -> None:
    database, canary, before = erased
    with database.read() as session:
        assert hits(session, (TOKEN, EMAIL, PHONE, NAME)) == []
        assert counted(session) == before != []
        assert broken_promises(session) == []
    due_work(database, None, LATER + timedelta(minutes=5))
    with database.read() as session:
        assert hits(session, (TOKEN, EMAIL, PHONE, NAME)) == []
        assert broken_promises(session) == []
        user = session.get_one(User, canary.user_id)
        assert (user.name, user.password_hash, user.erased_at) == ("Deleted account", None, LATER)
        assert session.scalar(select(func.count()).where(Grant.user_id == user.id, Grant.ended_at.is_(None))) == 0
    with database.write() as session:
        assert add_user(session, email=EMAIL, name=NAME, now=LATER).id != canary.user_id


def test_what_is_ahead_goes_to_a_colleague_or_ends_and_others_hear(erased: Any) -> None:
    database, canary, _before = erased
    with database.read() as session:
        teaching, giving = session.get_one(Match, canary.teaching), session.get_one(Match, canary.giving)
        request = session.get_one(Request, teaching.request_id)
        assert (teaching.state, teaching.teacher_id) == (MatchState.APPROVED, canary.colleague_id)
        assert (request.asked_by_id, request.title, request.own_words) == (canary.colleague_id, "Natuurkunde", "")
        assert giving.state is MatchState.CANCELLED
        assert session.get_one(Request, canary.draft).state is RequestState.WITHDRAWN
        assert session.get_one(Match, canary.held).state is MatchState.HELD
        told = select(Outbox).where(Outbox.subject == "match", Outbox.subject_id == giving.id)
        cancelled = [row for row in session.scalars(told) if row.template == "matching/cancelled"]
        assert {row.state.value for row in cancelled if row.recipient_user_id == canary.user_id} == {"withheld"}
        others = [row for row in cancelled if row.recipient_user_id != canary.user_id]
        assert {row.params["guest"] for row in others} == {"Verwijderd account"}
        assert any("METHOD:CANCEL" in (row.calendar or "") for row in others)
        assert session.get_one(ReportOfConcern, canary.open_concern).body == "Een leerling was bang."


def test_without_a_colleague_the_school_s_visits_end(database: Database) -> None:
    with database.write() as session:
        canary = make_canary(session, colleague=False)
    erase_account(canary.user_id, look=database.read, opened=database.write, now=LATER)
    with database.read() as session:
        match = session.get_one(Match, canary.teaching)
        assert match.state is MatchState.CANCELLED
        assert session.get_one(Request, match.request_id).state is RequestState.WITHDRAWN
        assert broken_promises(session) == []
