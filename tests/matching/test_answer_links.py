"""Answering from a letter without signing in: bound to person, match and version, one effect, nothing by looking."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.accounts.models import User
from matcher.accounts.services import set_password, stop_user
from matcher.db import Database
from matcher.links import Links
from matcher.matching.change_services import ask_move
from matcher.matching.models import Match, MatchEvent
from matcher.matching.services import accept_match, approve_match, suggest_moment, withdraw_match
from matcher.matching.states import Action, CancelReason, MatchState, Side
from matcher.notices.stop_links import PURPOSE as STOP
from matcher.notices.tasks import send_due
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from tests.factories import NOW
from tests.factories.matching import THURSDAY
from tests.factories.people import make_professional, make_user
from tests.matching.lives import Life, make_life

LATER = NOW + timedelta(minutes=2)
PATH = re.compile(r"https?://[^/\s]+(/answer/[^\s?]+)")


@pytest.fixture(autouse=True)
def frozen() -> Iterator[Any]:
    with time_machine.travel(LATER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(sqlite_database: Database, make_app: Callable[..., Flask]) -> Flask:
    return mailing(sqlite_database, make_app)


def mailing(database: Database, make_app: Callable[..., Flask]) -> Flask:
    return make_app(database.engine.url.render_as_string(hide_password=False), mail_url="memory:")


class Mailed:
    """An invitation that was mailed, and what its reader can do with the letter."""

    def __init__(self, database: Database, app: Flask, begin: Callable[[Life], Match]) -> None:
        self.database, self.app = database, app
        with database.write() as session:
            life = make_life(session, own_words="Wat doe jij op een gewone dag?")
            match = begin(life)
            self.match_id, self.guest_id = match.id, life.offers[0].person_id or 0
            self.moments = [moment.id for moment in life.moments(match)]
            self.teacher_id, self.coordinator_id = life.teacher.id, life.coordinator.id
            self.guest = session.get_one(User, self.guest_id).name
        send_due(database, app, LATER)

    def letters(self, user_id: int) -> list[str]:
        with self.database.read() as session:
            address = session.get_one(User, user_id).email
        found = [mail for mail in self.app.extensions["matcher_mailer"].messages if address in mail["To"]]
        return [part.get_content() for mail in found if (part := mail.get_body(preferencelist=("plain",)))]

    def path(self, user_id: int | None = None) -> str:
        found = [path for text in self.letters(user_id or self.guest_id) for path in PATH.findall(text)]
        return found[-1]

    @property
    def match(self) -> Match:
        with self.database.read() as session:
            return session.get_one(Match, self.match_id)

    def events(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).where(MatchEvent.match_id == self.match_id)) or 0

    def life_goes_on(self, act: Callable[[Any, Callable[[int], Any]], Any]) -> None:
        from matcher.accounts.queries import actor_for

        with self.database.write() as session:
            act(session, lambda user_id: actor_for(session, user_id))


@pytest.fixture
def mailed(sqlite_database: Database, app: Flask) -> Mailed:
    return Mailed(sqlite_database, app, lambda life: life.asked())


def test_letter_leads_to_a_page_that_asks_and_changes_nothing(mailed: Mailed, app: Flask) -> None:
    client, path = app.test_client(), mailed.path()
    for answer in ("", "?answer=yes", "?answer=no", "?answer=other", "?answer=x"):
        page = client.get(path + answer)
        assert page.status_code == 200
        assert client.head(path + answer).status_code == 200
    assert mailed.guest in page.text
    assert "Wat doe jij op een gewone dag?" in page.text
    assert f'value="{mailed.moments[1]}"' in page.text
    assert "@" not in re.sub(r"<head>.*</head>", "", page.text, flags=re.S), "an address is told before approval"
    assert (page.headers["Cache-Control"], page.headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
    assert mailed.events() == 1


def test_yes_is_given_once_and_can_be_taken_back_for_a_minute(mailed: Mailed, app: Flask) -> None:
    client, path = app.test_client(), mailed.path()
    answer = client.post(path, data={"answer": "accept", "moment": mailed.moments[1]})
    assert (answer.status_code, answer.location) == (302, path)
    assert mailed.match.state is MatchState.ACCEPTED
    assert "/undo" in client.get(path).text
    again = client.post(path, data={"answer": "decline", "reason": "none_given"})
    assert (again.status_code, mailed.match.state) == (409, MatchState.ACCEPTED)
    back = client.post(f"{path}/undo")
    assert (back.status_code, mailed.match.state) == (302, MatchState.PROPOSED)
    assert client.get(path).status_code == 409, "the first link is of an older version"
    assert client.get(back.location).status_code == 200
    assert mailed.events() == 3


@pytest.mark.usefixtures("patient")
def test_sixteen_at_once_have_one_effect(database: Database, make_app: Callable[..., Flask]) -> None:
    app = mailing(database, make_app)
    mailed = Mailed(database, app, lambda life: life.asked())
    path, gate = mailed.path(), Barrier(16)
    data = [{"answer": "accept", "moment": mailed.moments[0]}, {"answer": "decline", "reason": "none_given"}]

    def press(number: int) -> int:
        gate.wait(120)
        return app.test_client().post(path, data=data[number % 2]).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(press, range(16)))
    assert set(statuses) <= {302, 409}
    assert 302 in statuses
    assert mailed.events() == 2


def test_no_and_another_moment(sqlite_database: Database, app: Flask) -> None:
    first = Mailed(sqlite_database, app, lambda life: life.asked())
    client = app.test_client()
    assert client.post(first.path(), data={"answer": "decline", "reason": "no_time"}).status_code == 302
    assert (first.match.state, first.match.reason) == (MatchState.DECLINED, "no_time")
    second = Mailed(sqlite_database, app, lambda life: life.asked())
    data = {"answer": "moment", "day": THURSDAY.isoformat(), "starts": "13:00", "ends": "13:50"}
    assert client.post(second.path(), data=data).status_code == 302
    with sqlite_database.read() as session:
        newest = session.get_one(MatchEvent, (second.match_id, 2))
    assert (newest.action, newest.actor_id, newest.role) == (Action.SUGGEST_MOMENT, second.guest_id, Side.COMPANY)


@pytest.mark.parametrize(
    "data",
    [
        {"answer": "accept"},
        {"answer": "accept", "moment": "999999"},
        {"answer": "decline", "reason": "because"},
        {"answer": "moment", "day": "2026-13-40", "starts": "9", "ends": "x"},
        {"answer": "moment", "day": "2020-01-01", "starts": "09:00", "ends": "10:00"},
    ],
)
def test_what_does_not_fit_comes_back_with_a_sentence(mailed: Mailed, app: Flask, data: dict[str, str]) -> None:
    answer = app.test_client().post(mailed.path(), data=data)
    assert (answer.status_code, mailed.events()) == (422, 1)
    assert "error-summary" in answer.text


def test_link_cannot_be_made_or_changed_by_anybody_else(mailed: Mailed, app: Flask) -> None:
    client, path = app.test_client(), mailed.path()
    secret = app.extensions["matcher_settings"].require_secret()
    made = [mailed.match_id, 1, mailed.guest_id, 1]
    changed = [path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1 :] for place in range(8, len(path))]
    forged = [
        Links("another secret of another place").made("answer", *made),
        Links(secret).made(STOP, *made),
        Links(secret).made("answer", *made[:3]),
        Links(secret).made("answer", *made, 5),
        Links(secret).made("answer", str(made[0]), *made[1:]),
        Links(secret).made("answer", 10**30, *made[1:]),
        Links(secret).made("answer", -1, *made[1:]),
        "nonsense",
        "x" * 4000,
        "é",
    ]
    for address in [*changed[::3], *(f"/answer/{each}" for each in forged)]:
        assert client.get(address).status_code == 410, address
    for address in [*changed[::9], *(f"/answer/{each}" for each in forged)]:
        answer = client.post(address, data={"answer": "accept", "moment": mailed.moments[0]})
        assert answer.status_code in {409, 410}, address
    assert mailed.events() == 1


@pytest.mark.parametrize("who", ["coordinator_id", "teacher_id", "stranger"])
def test_right_is_asked_anew_and_not_in_the_link(mailed: Mailed, app: Flask, who: str) -> None:
    """A link that names somebody who may not answer is worth nothing, even with a good signature."""
    with mailed.database.write() as session:
        user_id = make_user(session).id if who == "stranger" else getattr(mailed, who)
    links = Links(app.extensions["matcher_settings"].require_secret())
    address = f"/answer/{links.made('answer', mailed.match_id, 1, user_id, 1)}"
    answer = app.test_client().post(address, data={"answer": "accept", "moment": mailed.moments[0]})
    assert (answer.status_code, mailed.events()) == (410 if who == "stranger" else 409, 1)


def test_new_password_or_dismissal_ends_it(sqlite_database: Database, app: Flask) -> None:
    changed, stopped = (Mailed(sqlite_database, app, lambda life: life.asked()) for _ in range(2))
    changed.life_goes_on(
        lambda session, actor: set_password(session, user_id=changed.guest_id, password_hash="x", now=LATER)
    )
    stopped.life_goes_on(
        lambda session, actor: stop_user(
            session, user_id=stopped.guest_id, actor=actor(stopped.coordinator_id), now=LATER
        )
    )
    for each in (changed, stopped):
        assert app.test_client().get(each.path()).status_code == 410
        assert app.test_client().post(each.path(), data={"answer": "accept"}).status_code == 410


def test_what_happened_meanwhile_is_told_kindly(mailed: Mailed, app: Flask, frozen: Any) -> None:
    mailed.life_goes_on(
        lambda session, actor: withdraw_match(
            session,
            mailed.match_id,
            reason=CancelReason.ILL,
            note="secret words",
            actor=actor(mailed.teacher_id),
            now=LATER,
        )
    )
    for answer in (
        app.test_client().get(mailed.path()),
        app.test_client().post(mailed.path(), data={"answer": "accept", "moment": mailed.moments[0]}),
    ):
        assert answer.status_code == 409
        assert "secret words" not in answer.text
        assert "/matches/" in answer.text
    assert mailed.match.state is MatchState.WITHDRAWN
    frozen.move_to(LATER + timedelta(days=31))
    assert app.test_client().get(mailed.path()).status_code == 410, "who finds an old mail reads nothing"


def test_link_ends_with_the_invitation_and_is_forgotten_later(mailed: Mailed, app: Flask, frozen: Any) -> None:
    expires = mailed.match.expires_at
    assert expires is not None
    frozen.move_to(expires - timedelta(minutes=1))
    assert app.test_client().get(mailed.path()).status_code == 200
    frozen.move_to(expires + timedelta(seconds=1))
    assert app.test_client().get(mailed.path()).status_code == 409
    data = {"answer": "accept", "moment": mailed.moments[0]}
    assert app.test_client().post(mailed.path(), data=data).status_code == 409
    assert mailed.events() == 1


def test_somebody_else_who_is_signed_in_is_told_for_whom_it_answers(
    mailed: Mailed, app: Flask, sign_in_as: Callable[[Flask, int], FlaskClient]
) -> None:
    with mailed.database.write() as session:
        other = make_user(session, name="Overbuurman").id
    client = sign_in_as(app, other)
    assert "Overbuurman" in client.get(mailed.path()).text
    client.post(mailed.path(), data={"answer": "accept", "moment": mailed.moments[0]})
    with mailed.database.read() as session:
        assert session.get_one(MatchEvent, (mailed.match_id, 2)).actor_id == mailed.guest_id


def test_new_question_brings_a_new_link(mailed: Mailed, app: Flask) -> None:
    old = mailed.path()
    mailed.life_goes_on(
        lambda session, actor: suggest_moment(
            session,
            mailed.match_id,
            day=THURSDAY,
            starts="14:00",
            ends="14:50",
            actor=actor(mailed.guest_id),
            now=LATER,
        )
    )
    send_due(mailed.database, app, LATER + timedelta(minutes=2))
    assert app.test_client().get(old).status_code == 200, "this person's own answer"
    assert app.test_client().get(mailed.path(mailed.teacher_id)).status_code == 200


def test_move_is_agreed_to_from_the_letter(sqlite_database: Database, app: Flask) -> None:
    mailed = Mailed(sqlite_database, app, lambda life: life.accepted())

    def approve(session: Any, actor: Callable[[int], Any]) -> None:
        approve_match(session, mailed.match_id, actor=actor(mailed.coordinator_id), now=LATER)
        ask_move(session, mailed.match_id, day=THURSDAY, starts="14:00", ends="14:50", actor=actor(mailed.teacher_id),
                 now=LATER)  # fmt: skip

    mailed.life_goes_on(approve)
    send_due(sqlite_database, app, LATER + timedelta(minutes=2))
    client, path = app.test_client(), mailed.path()
    page = client.get(path)
    assert (page.status_code, "14.00" in page.text) == (200, True)
    assert "@" not in page.text.split("</head>")[1], "the page behind a mail opens no addresses"
    assert client.post(path, data={"answer": "decline", "reason": "none_given"}).status_code == 409
    assert client.post(path, data={"answer": "move"}).status_code == 302
    with sqlite_database.read() as session:
        assert session.get_one(MatchEvent, (mailed.match_id, mailed.match.seq)).action is Action.MOVE


def test_letters_that_ask_nothing_have_no_link(sqlite_database: Database, app: Flask) -> None:
    mailed = Mailed(sqlite_database, app, lambda life: life.accepted())
    assert not [path for text in mailed.letters(mailed.teacher_id) for path in PATH.findall(text)]


def test_control_link_without_version_would_act_twice(mailed: Mailed, app: Flask) -> None:
    """The rig sees a second effect: a link of the present version acts where the old one does not."""
    client, links = app.test_client(), Links(app.extensions["matcher_settings"].require_secret())
    path = mailed.path()
    client.post(path, data={"answer": "accept", "moment": mailed.moments[0]})
    client.post(f"{path}/undo")
    assert client.post(path, data={"answer": "accept", "moment": mailed.moments[0]}).status_code == 409
    newest = f"/answer/{links.made('answer', mailed.match_id, mailed.match.seq, mailed.guest_id, 1)}"
    assert client.post(newest, data={"answer": "accept", "moment": mailed.moments[0]}).status_code == 302


@pytest.fixture
def sign_in_as(sqlite_database: Database) -> Callable[[Flask, int], FlaskClient]:
    from matcher.accounts.services import open_session

    def enter(app: Flask, user_id: int) -> FlaskClient:
        client = app.test_client()
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=datetime.now(NOW.tzinfo))
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return enter


def test_colleague_gets_the_question_from_the_letter(mailed: Mailed, app: Flask) -> None:
    with mailed.database.write() as session:
        offer = session.scalars(select(Offer).where(Offer.person_id == mailed.guest_id)).one()
        colleague = make_professional(
            session, company=session.get_one(Organisation, offer.organisation_id), name="Collega Twee"
        ).id
    client, path = app.test_client(), mailed.path()
    assert "Collega Twee" in client.get(f"{path}?answer=colleague").text
    nobody = client.post(path, data={"answer": "hand_over", "colleague": "999999"})
    assert (nobody.status_code, mailed.match.state) == (422, MatchState.PROPOSED)
    assert client.post(path, data={"answer": "hand_over", "colleague": str(colleague)}).status_code == 302
    assert mailed.match.state is MatchState.DECLINED
    with mailed.database.read() as session:
        asked = session.scalars(select(Match.professional_id).where(Match.id != mailed.match_id)).all()
    assert asked == [colleague]


def test_yes_that_comes_too_late_can_be_kept_in_mind(
    sqlite_database: Database, app: Flask, make_app: Callable[..., Flask]
) -> None:
    def begin(life: Life) -> Match:
        match = life.asked()
        other = life.asked(1)
        accept_match(life.session, other.id, moment_id=life.moments(other)[0].id, actor=life.guest(1), now=NOW)
        return match

    late = Mailed(sqlite_database, app, begin)
    client, path = app.test_client(), late.path()
    refused = client.post(path, data={"answer": "accept", "moment": late.moments[0]})
    assert refused.status_code == 409
    assert f'action="{path}/keep"' in refused.text
    assert late.match.keep_in_mind is False
    assert client.post(f"{path}/keep").status_code == 302
    assert late.match.keep_in_mind is True
    assert client.post(f"{path}/keep", data={"wanted": "no"}).status_code == 302
    assert late.match.keep_in_mind is False


def test_nobody_is_kept_in_mind_while_there_is_a_place(mailed: Mailed, app: Flask) -> None:
    answer = app.test_client().post(f"{mailed.path()}/keep")
    assert answer.status_code == 409
    assert mailed.match.keep_in_mind is False


def test_letter_names_the_moments_and_has_the_tapped_one_ticked(mailed: Mailed, app: Flask) -> None:
    client, path, moment_id = app.test_client(), mailed.path(), mailed.moments[1]
    bodies = [mail.get_body(["html"]) for mail in app.extensions["matcher_mailer"].messages]
    assert any(f"?moment={moment_id}" in body.get_content() for body in bodies if body)
    assert f'value="{moment_id}" checked' in client.get(f"{path}?moment={moment_id}").text
    assert f'value="{moment_id}" checked' not in client.get(f"{path}?moment=x").text
    yes, no = (client.get(f"{path}?answer={answer}").text for answer in ("yes", "no"))
    assert yes.index('value="accept"') < yes.index('value="decline"')
    assert no.index('value="decline"') < no.index('value="accept"'), "what was pressed comes first"
