"""Who gets to see what: every address with every thing there is, as everybody. Bodies count as much as statuses."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import time_machine
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select

from matcher import create_app
from matcher.accounts.queries import actor_for
from matcher.config import Settings
from matcher.db import Base, Database
from matcher.matching.queries import have_met
from tests.postgres import Cluster
from tests.web.crowd import LATER, MATCHES, VIEWERS, Crowd, addresses, make_crowd, rules_for
from tests.web.odd import encoded
from tests.web.shown import harvest

MARKS = {("sessions", "seen_at"), ("suggestions", "shown_at"), ("suggestions", "opened_at")}
"""What a GET may write, by name."""
SIGNED_IN = frozenset(VIEWERS) - {"anonymous"}
STAFF = {"teacher", "lead", "colleague"}
REGION = {"coordinator", "administrator"}
FEW = ("anonymous", "nobody", "teacher", "guest_approved", "coordinator")
"""Who looks at the pages for everybody."""
WATCHED = ("teacher", "unconfirmed", "guest_proposed", "coordinator", "other_coordinator")
WITHOUT_SAY = ("anonymous", "other_teacher", "other_professional", "other_coordinator", "nobody", "unconfirmed")
TOKEN = re.compile(r"(?:canary|secret)-[a-z]+(?:-[a-z]+)*")


def parties(state: str) -> set[str]:
    """Who sees this match: both sides, the region, and the company's contact once it is agreed."""
    return {"teacher", "lead", f"guest_{state}", *REGION} | ({"contact"} if state == "approved" else set())


HELD_SIDES = {"teacher", "lead", "guest_held", "coordinator"}
MEMBERS = {
    "school": {*STAFF, "unconfirmed", *REGION},
    "waiting": REGION,
    "company": {"guest_proposed", "guest_approved", "guest_declined", "contact", *REGION},
    "other_school": {"other_teacher", "other_lead", "other_coordinator", "administrator"},
    "other_company": {"other_professional", "other_contact", "other_coordinator", "administrator"},
}
SCHOOLS = {"school", "other_school"}
NODES = {"own": {"coordinator", "administrator"}, "other": {"other_coordinator", "administrator"}}
OWNERS: dict[str, Callable[[str], set[str] | frozenset[str]]] = {
    "matching.show": parties,
    "matching.thread": parties,
    "matching.runbook": parties,
    "matching.calendar": lambda state: parties(state) if state in {"accepted", "approved", "held"} else set(),
    "matching.request_page_view": lambda name: {*STAFF, "coordinator"} - ({"colleague"} if name == "draft" else set()),
    "matching.published": lambda name: {*STAFF, "coordinator"} - ({"colleague"} if name == "draft" else set()),
    "requests.edit_draft": lambda name: {"teacher", "lead", "coordinator"} if name == "draft" else set(),
    "requests.edit_class": lambda name: {*STAFF, "coordinator"},
    "offers.show": lambda name: {"guest_approved", "contact", "coordinator"} if name == "draft" else SIGNED_IN,
    "offers.edit": lambda name: {"guest_approved" if name == "draft" else f"guest_{name}", "coordinator"},
    "offers.new_on_behalf": lambda name: (
        {"company": {"coordinator"}, "waiting": {"coordinator"}}.get(name, set())
        | ({"other_coordinator"} if name == "other_company" else set())
    ),
    "offers.new_place_on_behalf": lambda name: (
        {"company": {"coordinator"}, "waiting": {"coordinator"}}.get(name, set())
        | ({"other_coordinator"} if name == "other_company" else set())
    ),
    "offers.new_hybrid_on_behalf": lambda name: (
        {"company": {"coordinator"}, "waiting": {"coordinator"}}.get(name, set())
        | ({"other_coordinator"} if name == "other_company" else set())
    ),
    # Only placements and vacancies have one; tests/matching/test_placement_pages shows who reads it.
    "matching.trial_lesson": lambda state: set(),
    "matching.first_trial_lesson": lambda name: set(),
    "matching.hours_statement_page": lambda state: HELD_SIDES if state == "held" else set(),
    "matching.hours_statement_pdf": lambda state: HELD_SIDES if state == "held" else set(),
    "organisations.show": lambda name: MEMBERS[name],
    "organisations.join": lambda name: SIGNED_IN,
    "organisations.calendar": lambda name: MEMBERS[name] if name in SCHOOLS else set(),
    "organisations.lesson_times": lambda name: MEMBERS[name] if name in SCHOOLS else set(),
    "coordination.posted": lambda name: {"coordinator"} if name != "draft" else set(),
    "coordination.rules": lambda name: NODES[name],
    "coordination.node": lambda name: NODES[name],
    "qualifications.edit_route": lambda name: {"administrator"},
    "matching.model": lambda name: {"administrator"},
    "safeguarding.school": lambda name: {"school": {"lead"}, "other_school": {"other_lead"}}.get(name, set()),
}
"""Per address with one thing in it: who may look at the thing of this name."""
OPENED = {"teacher", "lead", "coordinator"}
TOLD = {
    "teacher": {"lead", *REGION, "guest_approved", "guest_held"},
    "lead": REGION,
    "colleague": {"lead", *REGION},
    "unconfirmed": {"lead", *REGION},
    "guest-proposed": {"contact", *REGION},
    "guest-accepted": set(),
    "guest-approved": {*OPENED, "contact", "administrator"},
    "guest-declined": {"contact", *REGION},
    "guest-held": OPENED,
    "contact": REGION,
    "coordinator": SIGNED_IN,
    "administrator": set(),
    "other-teacher": {"other_lead", "other_coordinator", "administrator"},
    "other-lead": {"other_coordinator", "administrator"},
    "other-professional": {"other_contact", "other_coordinator", "administrator"},
    "other-contact": {"other_coordinator", "administrator"},
    "other-coordinator": SIGNED_IN,
    "nobody": set(),
}
"""Whose address and number may be in whose pages; one's own always."""
# Confirmed professionals browse open requests near them: the words of a request are meant for them.
BROWSERS = {f"guest_{state}" for state in MATCHES}
SECRETS = {
    "words-open": {*STAFF, "coordinator", *BROWSERS},
    **{f"words-{state}": parties(state) | {"colleague"} for state in MATCHES},
    **{f"words-{state}": parties(state) | {"colleague", *BROWSERS} for state in ("proposed", "declined")},
    **{f"message-{state}": parties(state) for state in MATCHES},
    **{f"approval-{state}": parties(state) for state in ("approved", "held")},
    "runbook": {"teacher", "lead", "guest_approved", "coordinator"},
    "runbook-early": {"teacher", "lead"},
    "thanks": HELD_SIDES,
    "decline": parties("declined"),
    "report": {"coordinator"},
    "draft": {"teacher", "lead", "coordinator"},
    "class": {*STAFF, "coordinator"},
    "offer": {"guest_approved", "contact", "coordinator"},
    "exception": {"guest_approved"},
    "blocked": {"teacher", "coordinator"},
    "concern": REGION,
}


@dataclass
class Walk:
    """Everything that was answered: status and words per viewer and address."""

    crowd: Crowd
    viewers: tuple[str, ...]
    before: dict[str, str]
    after: dict[str, str] = field(default_factory=dict)
    statuses: dict[tuple[str, str], int] = field(default_factory=dict)
    words: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))

    def look(self, viewer: str, path: str) -> None:
        answer = self.crowd.ask(viewer, path)
        target = answer.headers.get("Location", "")
        self.statuses[viewer, path] = 401 if target.startswith("/accounts/sign-in") else answer.status_code
        for token in TOKEN.findall(answer.data.decode(errors="replace").replace("\r\n ", "")):
            self.words[token][viewer].add(path)


@pytest.fixture(scope="module")
def country(
    engine_name: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    compiled_templates: FileSystemBytecodeCache,
) -> Iterator[Crowd]:
    """One for all tests of this file: none of them may change it."""
    folder = tmp_path_factory.mktemp("country")
    if engine_name == "sqlite":
        copyfile(request.getfixturevalue("sqlite_template"), folder / "only.db")
        url = f"sqlite:///{folder / 'only.db'}"
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.create(request.getfixturevalue("postgres_template")))
    settings: Any = {"var": Path(folder), "database_url": url, "testing": True, "limits_url": ""}
    app = create_app(Settings(**settings))
    app.config["WTF_CSRF_ENABLED"] = False
    app.jinja_env.bytecode_cache = compiled_templates
    database = Database(url)
    with time_machine.travel(LATER, tick=False):
        yield make_crowd(app, database)
    database.dispose()
    app.extensions["matcher_db"].dispose()


@pytest.fixture(scope="module")
def walk(country: Crowd, engine_name: str) -> Walk:
    """Everybody looks at everything; on PostgreSQL a few of them, at what belongs to somebody."""
    viewers = VIEWERS if engine_name == "sqlite" else WATCHED
    found = Walk(country, viewers, checksums(country.database))
    for rule in rules_for(country, "GET"):
        for path in addresses(country, rule) if rule.arguments or engine_name == "sqlite" else ():
            for viewer in FEW if guard_of(country, rule) == "public" and engine_name == "sqlite" else viewers:
                found.look(viewer, path)
    found.after = checksums(country.database)
    return found


def checksums(database: Database) -> dict[str, str]:
    """One sum per table, without the marks that looking may leave."""
    sums = {}
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if (table.name, column.name) not in MARKS]
            rows = sorted(repr(tuple(row)) for row in session.execute(select(*columns)))
            sums[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return sums


def roles_of(crowd: Crowd, viewer: str) -> set[str]:
    with crowd.database.read() as session:
        return {grant.role.value for grant in actor_for(session, crowd.people[viewer]).grants}


def guard_of(crowd: Crowd, rule: Any) -> str:
    return str(getattr(crowd.app.view_functions[rule.endpoint], "guard", "public"))


@pytest.mark.long_on_sqlite
def test_thing_is_shown_to_its_people_only(walk: Walk) -> None:
    crowd, wrong = walk.crowd, []
    kinds = {"school": "organisation"}
    for rule in rules_for(crowd, "GET"):
        # A secret has a walk of its own; the text of an address names a page for everybody.
        if len(rule.arguments) != 1 or rule.arguments in ({"secret"}, {"slug"}):
            continue
        kind = next(iter(rule.arguments)).removesuffix("_id")
        for name, path in zip(crowd.ids[kinds.get(kind, kind)], addresses(crowd, rule), strict=True):
            seen = {viewer for viewer in walk.viewers if walk.statuses[viewer, path] in {200, 302}}
            owners = OWNERS[rule.endpoint](name) & set(walk.viewers)
            if seen != owners:
                wrong.append(f"{rule.endpoint} {name}: too many {seen - owners}, too few {owners - seen}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.long_on_sqlite
def test_proof_is_asked_of_guests_by_the_leader_only(walk: Walk) -> None:
    (rule,) = (rule for rule in rules_for(walk.crowd, "GET") if rule.endpoint == "safeguarding.person")
    shown = {(who, path) for path in addresses(walk.crowd, rule) for who in walk.viewers
             if walk.statuses[who, path] == 200}  # fmt: skip
    ids, people = walk.crowd.ids["organisation"], walk.crowd.people
    assert shown <= {
        (leader, f"/safeguarding/schools/{ids[school]}/people/{people[guest]}")
        for leader, school in (("lead", "school"), ("other_lead", "other_school"))
        for guest in ("guest_approved", "other_professional")
    }


@pytest.mark.long_on_sqlite
def test_refusal_is_not_found_unless_the_role_is_missing(walk: Walk) -> None:
    wrong = []
    for rule in rules_for(walk.crowd, "GET"):
        guard = guard_of(walk.crowd, rule)
        allowed = set(guard.removeprefix("roles:").split(",")) if guard.startswith("roles:") else set()
        for viewer in walk.viewers:
            lacks = viewer != "anonymous" and allowed and not allowed & roles_of(walk.crowd, viewer)
            expected = {401} if viewer == "anonymous" and guard != "public" else {403} if lacks else {200, 302, 404}
            if guard == "public":
                expected = {200, 302, 404, 410}
            if rule.endpoint in {"safeguarding.school", "safeguarding.person"} and viewer != "anonymous":
                # One's own school is known to be there, only its leader answers for it.
                expected = {*expected, 403} if roles_of(walk.crowd, viewer) == {"teacher"} else expected
            for path in addresses(walk.crowd, rule):
                status = walk.statuses.get((viewer, path))
                if status is not None and status not in expected:
                    wrong.append(f"{viewer} {path}: {status}, not {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.long_on_sqlite
def test_address_and_number_are_told_after_approval_only(walk: Walk) -> None:
    wrong = [
        f"{token} told to {viewer} at {sorted(paths)}"
        for token, seen in walk.words.items()
        if token.startswith("canary-")
        for viewer, paths in seen.items()
        if viewer not in {*TOLD[token.removeprefix("canary-")], token.removeprefix("canary-").replace("-", "_")}
    ]
    assert not wrong, "\n".join(wrong)
    told = walk.words["canary-guest-approved"]
    assert "teacher" in told, "the rig sees nothing"


@pytest.mark.long_on_sqlite
def test_words_stay_with_those_they_were_written_for(walk: Walk) -> None:
    wrong = [
        f"{token} told to {viewer} at {sorted(paths)}"
        for token, seen in walk.words.items()
        if token.startswith("secret-")
        for viewer, paths in seen.items()
        if viewer not in SECRETS[token.removeprefix("secret-")]
    ]
    assert not wrong, "\n".join(wrong)
    assert {"secret-draft", "secret-decline", "secret-words-proposed"} <= set(walk.words), "the rig sees nothing"


@pytest.mark.long_on_sqlite
def test_looking_changes_nothing(walk: Walk) -> None:
    changed = {name for name, total in walk.before.items() if walk.after[name] != total}
    assert not changed
    assert len(walk.statuses) > (1_500 if len(walk.viewers) > 10 else 250)


@pytest.mark.long_on_sqlite
def test_answers_have_their_headers_and_no_faults(walk: Walk) -> None:
    assert not walk.crowd.faults, "\n".join(walk.crowd.faults)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_stranger_changes_nothing(country: Crowd) -> None:
    """With the very forms that the owners are shown."""
    before = checksums(country.database)
    forms, wrong = harvest(country), []
    for rule in rules_for(country, "POST"):
        if not rule.arguments or rule.endpoint == "organisations.join_post" or "secret" in rule.arguments:
            continue
        viewer_form = forms.get((rule.endpoint, "POST"))
        data = encoded(viewer_form[1].fields if viewer_form else [])
        # The first is of the region where these people have no say.
        paths = addresses(country, rule)[:1]
        for viewer in WITHOUT_SAY:
            for path in paths:
                answer = country.ask(viewer, path, "POST", data=data, content_type="application/x-www-form-urlencoded")
                refused = answer.status_code in {403, 404}
                if viewer == "anonymous":
                    refused = answer.status_code == 302 and answer.location.startswith("/accounts/sign-in")
                if not refused:
                    wrong.append(f"{viewer} {path}: {answer.status_code} {answer.location}")
    assert not wrong, "\n".join(wrong)
    assert checksums(country.database) == before
    assert not country.faults


def test_people_met_when_a_match_brought_them_together(country: Crowd) -> None:
    people = country.people
    with country.database.read() as session:
        guest, stranger = (actor_for(session, people[name]) for name in ("guest_declined", "other_professional"))
        assert have_met(session, guest, people["teacher"])
        assert not have_met(session, guest, people["guest_held"])
        assert not have_met(session, stranger, people["teacher"])
