"""The administrator's pages of models: what runs, choosing another, undoing that, training, before and after."""

from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.clock import utcnow
from matcher.db import Database
from matcher.errors import Conflict
from matcher.matching.asked_training_queries import waiting_training
from matcher.matching.asked_training_services import ask_training, begin_asked
from matcher.matching.asked_training_tasks import train_when_asked
from matcher.matching.compare_queries import Remembers, compared
from matcher.matching.model_models import ModelState, ModelTraining, ModelVersion
from matcher.matching.part_wording import FACTS, PARTS
from matcher.matching.running_ranker import RULE
from matcher.matching.suggestion_services import store_run, suggest
from matcher.ranking.facts import GROUPS, NAMES, WIDTH
from matcher.ranking.learned import Learned
from matcher.ranking.portrait import portrait
from matcher.ranking.shapes import constant
from matcher.ranking.store import Card, read_card, save_model
from tests.factories import NOW
from tests.factories.matching import CARD, make_model
from tests.factories.people import make_grant, make_user
from tests.matching.lives import make_life

DUTCH = {"Accept-Language": "nl"}
REASON = {"reason": "for the test"}


def same_chance(name: str, chance: float) -> Learned:
    """A model that gives everybody the same chance."""
    bias = float(np.log(chance / (1 - chance)))
    same, sure = (constant(logit, WIDTH, len(GROUPS)) for logit in (bias, 30.0))
    return Learned(name, "logistic", same, sure, np.zeros(WIDTH), np.zeros(WIDTH, dtype=np.bool_))


@pytest.fixture
def kept(app: Flask, sqlite_database: Database) -> dict[str, int]:
    """Two versions with their files, and one whose file is gone."""
    folder: Path = app.extensions["matcher_settings"].models_folder
    ids = {}
    with sqlite_database.write() as session:
        for version in ("one", "two"):
            card = Card(version, 1, NOW.timestamp() - 9e6, NOW.timestamp(), 120, 340, metrics=CARD["metrics"])
            save_model(same_chance(version, 0.6), card, folder)
            told = read_card(folder, version)
            row = make_model(session, version=version, file_hash=told.file_hash, card=CARD)
            ids[version] = row.id
        ids["gone"] = make_model(session, version="gone").id
    return ids


@pytest.fixture
def administrator(client: FlaskClient, sqlite_database: Database) -> FlaskClient:
    with sqlite_database.write() as session:
        person = make_user(session, name="Ada Beheer")
        make_grant(session, person, Role.ADMINISTRATOR)
        token = open_session(session, user_id=person.id, agent="test", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def released(database: Database) -> str | None:
    with database.read() as session:
        return session.scalar(select(ModelVersion.version).where(ModelVersion.state == ModelState.RELEASED))


def test_version_is_chosen_with_a_reason_and_taken_back(
    administrator: FlaskClient, kept: dict[str, int], sqlite_database: Database
) -> None:
    refused = administrator.post(f"/models/{kept['one']}/use", data={"reason": " "}, headers=DUTCH)
    assert refused.status_code == 422
    assert "Zeg in een paar woorden waarom" in refused.text
    assert released(sqlite_database) is None
    assert administrator.post(f"/models/{kept['one']}/use", data=REASON).status_code == 302
    assert released(sqlite_database) == "one"
    page = administrator.get("/models", headers=DUTCH).text
    for text in ("Versie one ordent mensen", "Ada Beheer", "for the test", "vanaf nu in gebruik", "/models/back?to=0"):
        assert text in page, text
    administrator.post(f"/models/{kept['two']}/use", data=REASON)
    assert released(sqlite_database) == "two"
    assert administrator.post(f"/models/back?to={kept['one']}").status_code == 302
    assert released(sqlite_database) == "one"
    assert administrator.post("/models/rule", data={}).status_code == 422
    administrator.post("/models/rule", data=REASON)
    assert released(sqlite_database) is None


def test_version_that_cannot_be_read_is_not_chosen(
    administrator: FlaskClient, kept: dict[str, int], sqlite_database: Database
) -> None:
    answer = administrator.post(f"/models/{kept['gone']}/use", data=REASON, headers=DUTCH)
    assert answer.status_code == 409
    assert "Deze versie kan niet draaien" in answer.text
    assert released(sqlite_database) is None
    assert administrator.post("/models/9999/use", data=REASON).status_code == 404


@pytest.mark.parametrize("language", ["nl", "en"])
def test_page_of_a_version_tells_its_card(
    administrator: FlaskClient, kept: dict[str, int], sqlite_database: Database, language: str
) -> None:
    with sqlite_database.write() as session:
        session.execute(update(User).values(locale=language))
    page = administrator.get(f"/models/{kept['one']}")
    assert page.status_code == 200
    told = {
        "nl": (
            "Volgorde van de eerste tien",
            "0,810 (0,780\u00a0tot\u00a00,840)",
            "Komen de kansen uit?",
            "Afstand in km",
            "gezegd 20%",
        ),
        "en": (
            "Order of the first ten",
            "0.810 (0.780\u00a0to\u00a00.840)",
            "Do the chances come true?",
            "Distance in km",
            "said 20%",
        ),
    }
    for text in told[language]:
        assert text in page.text, text
    assert (page.text.count("<svg viewBox"), page.text.count('<table class="chart-bars"')) == (2, 2)


def test_card_of_another_version_still_opens(administrator: FlaskClient, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        number = make_model(
            session, card={"metrics": {"rankers": {"model": None}, "segments": {"new": {"x": [30]}}}}
        ).id
    assert administrator.get(f"/models/{number}").status_code == 200


def test_training_is_asked_for_once_and_done_by_the_worker(
    app: Flask, administrator: FlaskClient, sqlite_database: Database
) -> None:
    assert administrator.post("/models/train").status_code == 302
    assert administrator.post("/models/train").status_code == 409
    assert "wacht op haar beurt" in administrator.get("/models", headers=DUTCH).text
    database = app.extensions["matcher_db"]
    assert train_when_asked(database, app, utcnow()) == {"trained": 0}
    assert train_when_asked(database, app, utcnow()) == {}
    with sqlite_database.read() as session:
        (row,) = session.scalars(select(ModelTraining)).all()
        assert (row.outcome, row.ended_at is not None) == ("too_few", True)
    assert "te weinig antwoorden" in administrator.get("/models", headers=DUTCH).text


def test_two_workers_never_take_the_same_training(session: Session) -> None:
    actor = make_life(session).actor(make_user(session))
    ask_training(session, actor=actor, now=NOW)
    with pytest.raises(Conflict):
        ask_training(session, actor=actor, now=NOW)
    assert begin_asked(session, now=NOW) is not None
    assert begin_asked(session, now=NOW) is None
    assert waiting_training(session, now=NOW) is not None


def test_same_people_stand_in_both_orders(session: Session) -> None:
    life = make_life(session, guests=3)
    store_run(session, suggest(session, request_id=life.request.id, now=NOW))
    found = compared(
        session, life.request.id, (RULE, Remembers.THEN), (same_chance("even", 0.6), Remembers.NOW), now=NOW
    )
    assert found.people == len(found.moved) == found.same == 3
    assert sorted(each.before for each in found.moved) == [each.after for each in found.moved] == [1, 2, 3]
    assert not found.fell_out
    assert {each.blocks for each in found.moved} == {6}


def test_before_and_after_on_a_page(
    administrator: FlaskClient, kept: dict[str, int], sqlite_database: Database
) -> None:
    assert "Nog niets te vergelijken" in administrator.get("/models/compare", headers=DUTCH).text
    with sqlite_database.write() as session:
        life = make_life(session, guests=2)
        store_run(session, suggest(session, request_id=life.request.id, now=NOW))
        number = life.request.id
    page = administrator.get(f"/models/compare?request={number}&right={kept['one']}", headers=DUTCH)
    assert page.status_code == 200
    assert "van 10 zulke vragen lukken er ongeveer 6" in page.text
    assert "past" in page.text
    for odd in ("request=99999999999", "request=x", "left=9999", "right=-1", "left_at=%00", f"right={kept['gone']}"):
        assert administrator.get(f"/models/compare?{odd}").status_code in {200, 400, 404}, odd


def test_every_fact_and_part_has_words() -> None:
    assert set(FACTS) == set(NAMES)
    assert set(PARTS) == set(GROUPS)


def test_portrait_says_what_moves_a_ranking() -> None:
    rng = np.random.default_rng(4)
    facts = np.full((60, WIDTH), 0.5)
    facts[:, NAMES.index("online")] = 0.0
    facts[:, NAMES.index("distance_km")] = rng.uniform(0, 40, 60)
    facts[:, NAMES.index("distance_share")] = facts[:, NAMES.index("distance_km")] / 50
    found = portrait(RULE, facts)
    assert set(found["parts"]) == set(GROUPS)
    assert round(sum(found["parts"].values())) == 100
    curve = found["curves"]["distance_km"]
    assert [mean for _value, mean in curve] == sorted((mean for _value, mean in curve), reverse=True)
    assert "company_size" not in found["curves"]
