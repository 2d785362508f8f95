"""What is remembered of somebody: told to them alone, in words, and a no can be forgotten."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.errors import NotFound
from matcher.i18n import in_locale
from matcher.matching.remembered import Counts, reasons_for_less, reasons_for_more, still_counts
from matcher.matching.remembered_queries import remembered_of
from matcher.matching.remembered_services import forget_no, remember_no
from matcher.matching.services import decline_match
from matcher.matching.states import DeclineReason
from matcher.matching.suggestion_services import suggest
from matcher.ranking.facts import PairFacts
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.matching.lives import Life, make_life

SOON, LATER = NOW + timedelta(hours=2), NOW + timedelta(days=3)
DUTCH = {"Accept-Language": "nl"}


def refused_life(session: Session, reason: DeclineReason = DeclineReason.TOO_FAR) -> tuple[Life, int]:
    life = make_life(session, guests=1)
    match = life.asked()
    decline_match(session, match.id, reason=reason, note="", actor=life.guest(), now=SOON)
    return life, match.id


def facts_of(session: Session, life: Life, now=LATER) -> PairFacts:
    """Of the same guest for another request of the same school."""
    request = make_request(session, school=life.school, teacher=life.teacher)
    (candidate,) = suggest(session, request_id=request.id, now=now).candidates
    return candidate.facts


def test_forgotten_no_changes_no_fact_any_more_but_was_an_answer(session: Session) -> None:
    life, match_id = refused_life(session)
    before = facts_of(session, life)
    assert before.refused_far > 0.9
    forget_no(session, match_id, actor=life.guest(), now=LATER)
    after, earlier = facts_of(session, life), facts_of(session, life, now=LATER - timedelta(hours=1))
    assert after.refused_far == 0
    assert after.answers_share == pytest.approx(before.answers_share)
    assert earlier.refused_far > 0.9, "what was known at an earlier moment stays as it was"
    remember_no(session, match_id, actor=life.guest())
    assert facts_of(session, life).refused_far == pytest.approx(before.refused_far)


def test_only_who_said_no_may_forget_it(session: Session) -> None:
    life, match_id = refused_life(session)
    others = make_life(session, guests=1)
    for actor in (life.actor(life.teacher), life.actor(life.coordinator), others.guest()):
        with pytest.raises(NotFound):
            forget_no(session, match_id, actor=actor, now=LATER)
    open_ask = others.asked()
    with pytest.raises(NotFound):
        forget_no(session, open_ask.id, actor=others.guest(), now=LATER)


@pytest.mark.parametrize(
    ("reason", "dutch"),
    [
        (DeclineReason.TOO_FAR, "km of verder"),
        (DeclineReason.NOT_MY_TOPIC, "minder gevraagd over"),
        (DeclineReason.LEVEL, "minder gevraagd voor havo"),
        (DeclineReason.ASKED_TOO_OFTEN, "minder gevraagd, voor alles"),
        (DeclineReason.NO_TIME, "weinig tijd"),
        (DeclineReason.OTHER, "telt als een nee"),
    ],
)
def test_no_says_what_it_changes(session: Session, reason: DeclineReason, dutch: str) -> None:
    life, match_id = refused_life(session, reason)
    with in_locale("nl"):
        (no,) = remembered_of(session, life.guest(), now=LATER).noes
        assert dutch in no.changes
        assert (no.match_id, no.is_forgotten, no.share) == (match_id, False, 99)


def test_what_is_remembered_fades() -> None:
    assert still_counts(NOW, NOW) == 100
    assert still_counts(NOW - timedelta(days=365), NOW) == 50


def test_more_and_less_say_what_was_counted() -> None:
    new = Counts(0, 0, 0, 0, 0, 0, 0, 4, 0, 1, None, False)
    busy = Counts(9, 9, 9, 5, 4, 5, 3, 4, 1, 1, 3.0, False)
    full = Counts(5, 1, 0, 1, 1, 5, 4, 4, 0, 1, 90.0, True)
    with in_locale("nl"):
        assert "één van de tien" in " ".join(reasons_for_more(new))
        assert not reasons_for_less(new)
        assert len(reasons_for_more(busy)) == 3
        told = " ".join(reasons_for_less(busy))
        assert all(text in told for text in ("wacht op je antwoord", "3 van hooguit 4", "twee weken"))
        told = " ".join(reasons_for_less(full))
        assert all(text in told for text in ("pauze", "maximum", "maar 1 van de 5"))


@time_machine.travel(LATER, tick=False)
def test_page_is_for_the_one_it_is_about(client: FlaskClient, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life, match_id = refused_life(session)
        people = {"guest": life.offers[0].person_id or 0, "teacher": life.teacher.id}
        tokens = {
            name: open_session(session, user_id=number, agent="test", now=utcnow()) for name, number in people.items()
        }

    def enter(name: str) -> None:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = tokens[name]

    enter("teacher")
    assert client.get("/remembered").status_code == 403
    assert client.post(f"/matches/{match_id}/forget").status_code == 403
    enter("guest")
    page = client.get("/remembered", headers=DUTCH)
    assert page.status_code == 200
    assert "Te ver" in page.text
    assert "Vergeet deze nee" in page.text
    assert client.post(f"/matches/{match_id}/forget").status_code == 302
    page = client.get("/remembered", headers=DUTCH).text
    assert "Vergeten: deze nee verandert niets meer." in page
    assert f"/matches/{match_id}/remember" in page
    assert client.post(f"/matches/{match_id}/remember").status_code == 302
    assert "Vergeet deze nee" in client.get("/remembered", headers=DUTCH).text
    assert client.post("/matches/99999999999/forget").status_code == 404
