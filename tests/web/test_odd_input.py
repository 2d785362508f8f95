"""Every address, field and parameter takes what nobody expects with a kind answer: never a fault of ours.

A run takes a sample, drawn with a fixed seed; `-m long` sends everything.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, request

from matcher.accounts.models import User
from matcher.db import Database
from matcher.web.guards import public
from tests.web.crowd import LATER, Crowd, addresses, make_crowd, rules_for
from tests.web.odd import IN_ADDRESSES, ODD, encoded, odd_sendings
from tests.web.shown import harvest

MOST = {"sqlite": 100, "postgresql": 30}
ALL_OF_IT = pytest.mark.parametrize("all_of_it", [False, pytest.param(True, marks=pytest.mark.long)])
ENDS_MUCH = ("sign_out", "end_sessions", "change_password", "stop", "withdraw", "cancel", "end_member", "discard")
SOURCES = Path(__file__).parent.parent.parent / "matcher"
PARAMETER = re.compile(r"""request\.(?:args|values)(?:\.get|\.getlist)?[\(\[]\s*["']([a-z_]+)["']""")
URLENCODED = "application/x-www-form-urlencoded"
KIND = {200, 303, 302, 307, 400, 403, 404, 409, 410, 413, 422}


@pytest.fixture
def frozen() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def crowd(database: Database, make_app: Callable[..., Flask], frozen: None) -> Crowd:
    return make_crowd(make_app(database.engine.url.render_as_string(hide_password=False)), database)


def parameters(rule: Any) -> list[str]:
    """The names that the views of this room read from an address."""
    room = SOURCES / rule.endpoint.split(".")[0]
    text = "".join(file.read_text() for file in room.glob("*routes.py"))
    by_form = {"subjects": {"topics", "seen", "settled"}, "qualifications": {"sector", "education", "held", "hours"}}
    more = by_form.get(room.name, set())
    return sorted({*PARAMETER.findall(text), *more, "page", "next"})


def fuzzed(names: list[str]) -> list[str]:
    """Boxes with a number in their name are all alike: two of each kind are enough."""
    seen: Counter[str] = Counter()
    kept = []
    for name in names:
        kind = re.sub(r"\d+", "N", name)
        seen[kind] += 1
        if seen[kind] <= 2:
            kept.append(name)
    return kept


def _actor_for(rule: Any) -> str:
    """Somebody who gets past the guard."""
    by_room = {"availability": "guest_approved", "offers": "guest_approved", "requests": "teacher",
               "coordination": "coordinator", "monitor": "coordinator", "safeguarding": "lead",
               "qualifications": "administrator"}  # fmt: skip
    return by_room.get(rule.endpoint.split(".")[0], "teacher" if "request" in str(rule) else "coordinator")


def drawn(things: list[Any], most: int, everything: bool) -> list[Any]:
    return things if everything or len(things) <= most else random.Random(20261123).sample(things, most)


@pytest.mark.slow
@ALL_OF_IT
def test_form_with_odd_values_is_never_a_fault(crowd: Crowd, engine_name: str, all_of_it: bool) -> None:
    forms = harvest(crowd)
    assert len(forms) > 40
    sendings = [
        (viewer, form, what, pairs)
        for (_endpoint, method), (viewer, form) in sorted(forms.items(), key=lambda one: one[0])
        for what, pairs in odd_sendings(form, fuzzed(form.names))
        if method == "POST"
    ]
    seen = Counter()
    sample = drawn(sendings, MOST[engine_name], all_of_it)
    # Where the world is not put back after each change, what ends it comes last.
    for viewer, form, what, pairs in sorted(sample, key=lambda one: any(word in one[1].action for word in ENDS_MUCH)):
        crowd.browsers.pop(viewer, None)
        answer = crowd.ask(viewer, form.action, "POST", data=encoded(pairs), content_type=URLENCODED)
        if answer.status_code not in KIND:
            crowd.faults.append(f"{viewer} {form.action} {what}: {answer.status_code}")
        if b"<script>alert" in answer.data:
            crowd.faults.append(f"{viewer} {form.action} {what}: script comes back")
        if answer.status_code in {302, 303}:
            crowd.restore()
        seen[answer.status_code] += 1
    assert seen[422] > len(sample) / 3, seen
    assert not crowd.faults, "\n".join(sorted(set(crowd.faults)))


@pytest.mark.slow
@ALL_OF_IT
def test_address_with_odd_parameters_is_never_a_fault(crowd: Crowd, engine_name: str, all_of_it: bool) -> None:
    wanted = [
        (_actor_for(rule), path, name, what)
        for rule in rules_for(crowd, "GET")
        for path in addresses(crowd, rule)[:1]
        for name in parameters(rule)
        for what in ODD
    ]
    for viewer, path, name, what in drawn(wanted, MOST[engine_name] // 2, all_of_it):
        value = ODD[what][:8000]
        answer = crowd.ask(viewer, f"{path}?{encoded([(name, value), (name, value)]).decode()}")
        if answer.status_code not in KIND:
            crowd.faults.append(f"{viewer} {path} {name} {what}: {answer.status_code}")
        if b"<script>alert" in answer.data:
            crowd.faults.append(f"{viewer} {path} {name} {what}: script comes back")
    assert not crowd.faults, "\n".join(sorted(set(crowd.faults)))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_odd_number_in_an_address_is_not_found(crowd: Crowd) -> None:
    wrong = []
    for method in ("GET", "POST"):
        for rule in rules_for(crowd, method):
            if not rule.arguments or rule.endpoint == "static":
                continue
            for text in IN_ADDRESSES:
                path = re.sub(r"<[^>]+>", text, rule.rule)
                if "stop,resume" in rule.rule:
                    path = path.rpartition("/")[0] + "/stop"
                status = crowd.ask(_actor_for(rule), path, method).status_code
                if status not in ({400, 403, 404, 405} if "secret" not in rule.rule else KIND):
                    wrong.append(f"{method} {path}: {status}")
    assert not crowd.faults, "\n".join(sorted(set(crowd.faults)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", ["10**20", "5000 digits"])
def test_fault_in_a_view_is_found(crowd: Crowd, kind: str) -> None:
    @public
    def careless() -> str:
        with crowd.database.read() as session:
            return str(session.get(User, int(request.form["number"])))

    crowd.app.add_url_rule("/careless", view_func=careless, methods=["POST"])
    crowd.ask("anonymous", "/careless", "POST", data=encoded([("number", ODD[kind])]), content_type=URLENCODED)
    assert len(crowd.faults) == (kind == "5000 digits")
