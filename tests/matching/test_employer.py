"""An employer's consent by a signed link: asked last, answered once, without an account."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.tokens import Purpose
from matcher.clock import utcnow
from matcher.db import Database
from matcher.errors import Conflict
from matcher.matching.employer_services import answer_for_employer
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Consent, Match, MatchEvent
from matcher.matching.policy import can_undo
from matcher.matching.queries import facts_of_match
from matcher.matching.services import accept_match, approve_match, suggest_moment, undo
from matcher.matching.states import MatchState, Side
from matcher.notices.letters import letters_of
from matcher.notices.models import Outbox
from tests.factories import NOW
from tests.factories.matching import THURSDAY
from tests.matching.lives import AFTER, Life, make_life

pytestmark = pytest.mark.usefixtures("on_the_day")
EMPLOYER = {"employer_consent": True, "employer_name": "Chef Jansen", "employer_email": "chef@werk.example"}


def life_with_employer(session: Session) -> Life:
    life = make_life(session)
    life.offers[0].details = life.offers[0].details | EMPLOYER
    session.flush()
    return life


def said_yes(life: Life, now: Any = NOW) -> Match:
    match = life.asked(now=now)
    return accept_match(life.session, match.id, moment_id=life.moments(match)[0].id, actor=life.guest(), now=now)


def mails(session: Session, match: Match) -> list[Outbox]:
    query = select(Outbox).where(Outbox.subject_id == match.id, Outbox.template == "matching/employer_asked")
    return list(session.scalars(query.order_by(Outbox.id)))


def secret_of(row: Outbox) -> str:
    return str(row.params["answers_to"]).rpartition("/")[2]


def test_employer_is_asked_only_when_nobody_else_is_missing(session: Session) -> None:
    life = life_with_employer(session)
    match = life.asked()
    assert mails(session, match) == []
    match = accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=life.guest(), now=NOW)
    assert match.state is MatchState.PROPOSED
    [mail] = mails(session, match)
    assert (mail.address, mail.recipient_user_id, mail.channel.value) == ("chef@werk.example", None, "mail")


def test_yes_of_the_employer_completes_the_match(session: Session) -> None:
    life = life_with_employer(session)
    match = said_yes(life)
    answer_for_employer(session, secret_of(mails(session, match)[0]), agrees=True, now=NOW)
    assert (match.state, match.visitor_id) == (MatchState.ACCEPTED, life.offers[0].person_id)
    event = session.get_one(MatchEvent, (match.id, match.seq))
    assert (event.role, event.details["employer"]) == (Side.EMPLOYER, "Chef Jansen")
    assert session.get_one(Consent, (match.id, Side.EMPLOYER)).given_by_id is None
    assert not can_undo(facts_of_match(session, match, NOW), life.guest(), NOW)
    approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)
    assert broken_promises(session) == []


def test_no_of_the_employer_ends_it_and_both_hear(session: Session) -> None:
    life = life_with_employer(session)
    match = said_yes(life)
    answer_for_employer(session, secret_of(mails(session, match)[0]), agrees=False, now=NOW)
    assert match.state is MatchState.DECLINED
    heard = {address for _t, address, channel in life.notices(match, match.seq) if channel == "mail"}
    assert heard == {life.teacher.email, life.guest().email}


def test_link_works_once_and_not_for_ever(session: Session) -> None:
    life = life_with_employer(session)
    match = said_yes(life)
    secret = secret_of(mails(session, match)[0])
    answer_for_employer(session, secret, agrees=True, now=NOW)
    with pytest.raises(Conflict):
        answer_for_employer(session, secret, agrees=False, now=NOW)
    other = life_with_employer(session)
    late = secret_of(mails(session, said_yes(other))[0])
    with pytest.raises(Conflict):
        answer_for_employer(session, late, agrees=True, now=AFTER)


def test_link_of_a_moment_that_changed_is_dead(session: Session) -> None:
    life = life_with_employer(session)
    match = said_yes(life)
    old = secret_of(mails(session, match)[0])
    undo(session, match.id, actor=life.guest(), now=NOW)
    suggest_moment(session, match.id, day=THURSDAY, starts="13:00", ends="13:50", actor=life.guest(), now=NOW)
    moment = next(each for each in life.moments(match) if each.chosen)
    accept_match(session, match.id, moment_id=moment.id, actor=life.actor(life.teacher), now=NOW)
    with pytest.raises(Conflict):
        answer_for_employer(session, old, agrees=True, now=NOW)
    assert match.state is MatchState.PROPOSED
    answer_for_employer(session, secret_of(mails(session, match)[-1]), agrees=True, now=NOW)
    assert match.state is MatchState.ACCEPTED


def test_offer_without_employer_needs_none(session: Session) -> None:
    life = life_with_employer(session)
    match = life.asked(1)
    parties = set(session.scalars(select(Consent.party).where(Consent.match_id == match.id)))
    assert parties == {Side.SCHOOL, Side.COMPANY}


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_page_asks_without_an_account(app: Flask, sqlite_database: Database, answer: str) -> None:
    with sqlite_database.write() as session:
        life = life_with_employer(session)
        match = said_yes(life, now=utcnow())
        match_id, secret = match.id, secret_of(mails(session, match)[0])
        row = mails(session, match)[0]
        params, name = dict(row.params), life.guest().name
    for locale in ("nl", "en"):
        letter = letters_of(app).letter("matching/employer_asked", params, locale=locale, name="Chef Jansen")
        assert re.search(rf"https?://\S+/employer-consent/{secret}", letter.text)
        assert "None" not in letter.subject + letter.text
    client = app.test_client()
    address = f"/employer-consent/{secret}"
    assert name in client.get(address).text
    assert client.get(address).status_code == 200
    assert client.post(address, data={"answer": "perhaps"}).status_code == 410
    assert client.post(address, data={"answer": answer}).status_code == 200
    assert client.get(address).status_code == 410
    assert client.post(address, data={"answer": "yes"}).status_code == 410
    assert client.get("/employer-consent/nonsense").status_code == 410
    with sqlite_database.read() as session:
        state = session.get_one(Match, match_id).state
    assert state is (MatchState.ACCEPTED if answer == "yes" else MatchState.DECLINED)


def test_link_of_another_purpose_is_refused(session: Session) -> None:
    assert Purpose.EMPLOYER_CONSENT != Purpose.SIGN_IN
    with pytest.raises(Conflict):
        answer_for_employer(session, "made-up", agrees=True, now=NOW)
