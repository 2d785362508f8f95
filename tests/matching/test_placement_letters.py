"""The letters only placements have, and the one notice that tells of the hybrid route."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.matching.states import HybridStep
from matcher.notices.models import Outbox
from tests.factories.matching import THURSDAY, make_class, make_request
from tests.matching.lives import make_life
from tests.matching.test_mail_templates import KNOWN, VALUES, check, letter

THURSDAYS = [THURSDAY + timedelta(weeks=number) for number in (0, 5, 6, 7)]
STEP = {"side": "company", "actor_side": "school", "step_on": "2027-02-04", "hours": 8.0, "has_plan_changed": True}


@pytest.mark.parametrize("values", ["known", "hostile"])
def test_letter_of_a_step_is_whole(app: Flask, values: str) -> None:
    for locale in ("nl", "en"):
        for step in HybridStep:
            params = VALUES[values] | STEP | {"step": step.value}
            check(letter(app, "matching/placement_step", params, locale), app, hostile=values == "hostile")
        params = VALUES[values] | STEP | {"step": "started"}
        check(letter(app, "matching/placement_step_back", params, locale), app, hostile=values == "hostile")
        params = VALUES[values] | {"side": "school", "actor_side": "company"}
        check(letter(app, "matching/placement_bridge_broken", params, locale), app, hostile=values == "hostile")


def test_employer_is_asked_about_every_week(app: Flask) -> None:
    params = KNOWN | {"side": "employer", "actor_side": "company"}
    assert "some half-days a week" in letter(app, "matching/placement_employer_asked", params, "en").text


def test_third_lesson_at_a_school_tells_of_the_route_once(session: Session, app: Flask) -> None:
    life = make_life(session, guests=1)
    told: list[int] = []
    for number in range(4):
        if number:
            group = make_class(session, school=life.school, name=f"3V{number}")
            days = [(THURSDAYS[number], "10:15", "11:05")]
            life.request = make_request(
                session, school=life.school, teacher=life.teacher, school_class=group, moments=days
            )
        life.approved()
        rows = session.scalars(select(Outbox).where(Outbox.template == "matching/hybrid_route")).all()
        told.append(len(rows))
    assert told == [0, 0, 2, 2]
    params = {"school": life.school.name, "count": 3, "answers_to": "/qualifications"}
    assert "/qualifications" in letter(app, "matching/hybrid_route", params, "nl").text
