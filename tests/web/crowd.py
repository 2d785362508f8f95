"""A small country with people of every role on both sides and strangers, and a browser that judges every answer."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.availability.models import AvailabilityException
from matcher.availability.states import ExceptionKind, OwnerType
from matcher.db import Database
from matcher.matching.runbook_services import fill_in
from matcher.matching.runbooks import Item
from matcher.matching.services import accept_match, approve_match, decline_match, post_message
from matcher.matching.states import DeclineReason
from matcher.matching.suggestion_services import store_run, suggest
from matcher.matching.visit_services import report_visit
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation, Partnership
from matcher.organisations.states import PartnerSide
from matcher.qualifications.models import TeachingRoute
from matcher.qualifications.services import seed_routes
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from matcher.safeguarding.models import Block, ReportOfConcern
from matcher.safeguarding.services import seed_rules
from tests.factories import NOW
from tests.factories.matching import epoch, make_class, make_model, make_request
from tests.factories.people import (
    make_company,
    make_coordinator,
    make_grant,
    make_professional,
    make_region,
    make_school,
    make_teacher,
    make_user,
)
from tests.matching.lives import Life, another_offer, make_life

LATER = NOW + timedelta(minutes=10)
"""When people look: mails have gone out, nothing can be taken back any more."""
EARLY = NOW - timedelta(days=40)
DAYS = [date(2026, 12, day) for day in (7, 8, 9, 10, 11, 14)]
PAST_DAY = date(2026, 11, 5)
MATCHES = ("proposed", "accepted", "approved", "declined", "held")
STRANGERS = ("other_teacher", "other_lead", "other_professional", "other_contact", "other_coordinator", "nobody")
VIEWERS = (
    "anonymous",
    "teacher",
    "lead",
    "colleague",
    "unconfirmed",
    *(f"guest_{state}" for state in MATCHES),
    "contact",
    "coordinator",
    "administrator",
    *STRANGERS,
)
REQUIRED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'")


@dataclass
class Crowd:
    """Ids and tokens by name, and everything that was wrong with an answer so far."""

    app: Flask
    database: Database
    people: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    answers: int = 0
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    kept: bytes = b""

    def __post_init__(self) -> None:
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.log = Faulted()
        self.app.logger.addHandler(self.log)

    def keep(self) -> None:
        """Remember the country as it is now; only where the database is a file."""
        if self.database.is_sqlite:
            self.database.dispose()
            self.kept = Path(self.database.engine.url.database or "").read_bytes()

    def restore(self) -> None:
        """Whatever was changed since `keep` is undone."""
        if self.kept:
            self.app.extensions["matcher_db"].dispose()
            self.database.dispose()
            Path(self.database.engine.url.database or "").write_bytes(self.kept)

    def browser(self, viewer: str) -> FlaskClient:
        """Always as fresh as after signing in: a request may have ended the session of the one before."""
        client = self.app.test_client()
        if viewer != "anonymous":
            with client.session_transaction() as cookie:
                cookie["_user_id"] = self.tokens[viewer]
            self.browsers[viewer] = client
        return client

    def ask(self, viewer: str, path: str, method: str = "GET", **options: Any) -> TestResponse:
        """One request, judged for what no answer may be: a fault of ours, or without its headers."""
        client = self.browsers.get(viewer) or self.browser(viewer)
        self.log.last = ""
        answer = client.open(path, method=method, **options)
        self.answers += 1
        what = f"{viewer} {method} {path[:120]}"
        if answer.status_code >= 500:
            self.faults.append(f"{what} {self.log.last or answer.status_code} {str(options.get('data', ''))[:200]}")
        self.faults += [f"{what}: {fault}" for fault in header_faults(answer, is_signed_in=viewer != "anonymous")]
        return answer


class Faulted(logging.Handler):
    """The last fault the application logged, in one line."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        trace = error.__traceback__ if error else None
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f" in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        self.last = f"{type(error).__name__ if error else record.getMessage()}{where}: {str(error)[:200]}"


def header_faults(answer: Any, *, is_signed_in: bool) -> list[str]:
    """What is missing or too much on one answer."""
    found = [f"{name} is {answer.headers.get(name)}" for name, value in REQUIRED.items()
             if answer.headers.get(name) != value]  # fmt: skip
    policy = answer.headers.get("Content-Security-Policy", "")
    found += [f"policy without {part}" for part in POLICY if part not in policy]
    if "unsafe" in policy:
        found.append("policy with unsafe")
    if "Permissions-Policy" not in answer.headers:
        found.append("no Permissions-Policy")
    if is_signed_in and answer.headers.get("Cache-Control") != "no-store":
        found.append(f"signed in and Cache-Control {answer.headers.get('Cache-Control')}")
    content = answer.headers.get("Content-Type", "")
    if content.startswith("text/") and "charset=utf-8" not in content.lower():
        found.append(f"no charset: {content}")
    found += [f"{name} tells too much" for name in ("X-Powered-By",) if name in answer.headers]
    return found


def make_crowd(app: Flask, database: Database) -> Crowd:
    crowd = Crowd(app, database)
    with database.write() as session:
        life = make_life(session, guests=0, own_words="secret-words-open")
        seed_rules(session)
        seed_routes(session, NOW)
        _staff(session, life, crowd)
        _matches(session, life, crowd)
        _unsent(session, life, crowd)
        _safety(session, life, crowd)
        _strangers(session, crowd)
        for viewer in VIEWERS[1:]:
            user = session.get_one(User, crowd.people[viewer])
            token = f"canary-{viewer.replace('_', '-')}"
            user.email, user.email_key, user.phone = f"{token}@example.org", f"{token}@example.org", f"06-{token}"
            user.function = f"function-{viewer}"
            crowd.tokens[viewer] = open_session(session, user_id=user.id, agent="test", now=NOW)
        session.flush()
        store_run(session, suggest(session, request_id=life.request.id, now=NOW))
    crowd.keep()
    return crowd


def _staff(session: Session, life: Life, crowd: Crowd) -> None:
    school = life.school
    lead, unconfirmed, administrator = (make_user(session, name=name) for name in ("Lea", "Uno", "Ada"))
    make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
    make_grant(session, unconfirmed, Role.TEACHER, organisation=school, confirmed=False)
    make_grant(session, administrator, Role.ADMINISTRATOR)
    crowd.people = {
        "teacher": life.teacher.id,
        "lead": lead.id,
        "colleague": make_teacher(session, school=school).id,
        "unconfirmed": unconfirmed.id,
        "coordinator": life.coordinator.id,
        "administrator": administrator.id,
    }
    crowd.ids["organisation"] = {"school": school.id, "waiting": make_company(session, verified=False).id}
    crowd.ids["region"] = {"own": make_region(session).id}
    crowd.ids["route"] = {"shipped": session.scalars(select(TeachingRoute.id).order_by(TeachingRoute.id)).first() or 0}
    crowd.ids["request"] = {"open": life.request.id}


def _matches(session: Session, life: Life, crowd: Crowd) -> None:
    crowd.ids["match"], crowd.ids["offer"] = {}, {}
    company = make_company(session)
    contact = make_user(session, name="Kees")
    make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
    crowd.people["contact"] = contact.id
    crowd.ids["organisation"]["company"] = company.id
    for number, state in enumerate(MATCHES):
        offer = another_offer(session, company=company if state in {"proposed", "approved", "declined"} else None)
        day = PAST_DAY if state == "held" else DAYS[number]
        words, moments = f"secret-words-{state}", [(day, "10:15", "11:05")]
        life.offers.append(offer)
        life.request = make_request(session, school=life.school, teacher=life.teacher, own_words=words, moments=moments)
        crowd.people[f"guest_{state}"] = offer.person_id or 0
        crowd.ids["offer"][state], crowd.ids["request"][state] = offer.id, life.request.id
        crowd.ids["match"][state] = _match(session, life, state)
    life.request = session.get_one(Request, crowd.ids["request"]["open"])


def _match(session: Session, life: Life, state: str) -> int:
    now = EARLY if state == "held" else NOW
    match = life.asked(-1, now=now)
    guest, coordinator = life.guest(-1), life.actor(life.coordinator)
    post_message(session, match.id, body=f"secret-message-{state}", actor=guest, now=now)
    if state == "declined":
        decline_match(session, match.id, reason=DeclineReason.OTHER, note="secret-decline", actor=guest, now=now)
    if state in {"accepted", "approved", "held"}:
        accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=guest, now=now)
    if state in {"accepted", "approved"}:
        said = {Item.ROOM: "secret-runbook" if state == "approved" else "secret-runbook-early"}
        fill_in(session, match.id, said, version=0, actor=life.actor(life.teacher), now=now)
    if state in {"approved", "held"}:
        approve_match(session, match.id, actor=coordinator, now=now, note=f"secret-approval-{state}")
    if state == "held":
        late = datetime.combine(PAST_DAY, datetime.min.time(), UTC) + timedelta(days=2)
        for actor in (guest, life.actor(life.teacher)):
            report_visit(session, match.id, happened=True, again=True, note=f"secret-report-{actor.user_id}",
                         thanks="secret-thanks", actor=actor, now=late)  # fmt: skip
    return match.id


def _unsent(session: Session, life: Life, crowd: Crowd) -> None:
    """What is nobody else's yet: a draft, a class, an offer that is not open, an exception in somebody's week."""
    draft = make_request(session, school=life.school, teacher=life.teacher, state=RequestState.DRAFT,
                         published_at=None, own_words="secret-draft")  # fmt: skip
    crowd.ids["request"]["draft"] = draft.id
    crowd.ids["model"] = {"kept": make_model(session).id}
    crowd.ids["class"] = {"own": make_class(session, school=life.school, name="secret-class").id}
    person, company = _user(session, crowd, "guest_approved"), _place(session, crowd, "company")
    kept = another_offer(session, person=person, company=company, state=OfferState.DRAFT, title="secret-offer")
    crowd.ids["offer"]["draft"] = kept.id
    busy = AvailabilityException(
        owner_type=OwnerType.PERSON, owner_id=crowd.people["guest_approved"], kind=ExceptionKind.BUSY, source="own",
        start_s=epoch(DAYS[0], "12:00"), end_s=epoch(DAYS[0], "14:00"), note="secret-exception",
    )  # fmt: skip
    session.add(busy)
    session.flush()
    crowd.ids["exception"] = {"own": busy.id}


def _safety(session: Session, life: Life, crowd: Crowd) -> None:
    unwanted = make_company(session, name="secret-blocked")
    block = Block(by_user_id=life.teacher.id, of_organisation_id=unwanted.id, at=NOW)
    concern = ReportOfConcern(
        by_id=life.teacher.id, of_user_id=crowd.people["guest_held"], region_id=life.school.region_id,
        body="secret-concern about the visit", at=NOW,
    )  # fmt: skip
    waiting = make_grant(session, make_user(session, name="Wim", email="wim@example.org"), Role.PROFESSIONAL,
                         organisation=_place(session, crowd, "waiting"), confirmed=False)  # fmt: skip
    partners = Partnership(
        school_id=life.school.id, company_id=crowd.ids["organisation"]["company"], proposed_side=PartnerSide.SCHOOL,
        proposed_by_id=crowd.people["lead"], proposed_at=NOW,
    )  # fmt: skip
    session.add_all((block, concern, partners))
    session.flush()
    crowd.ids |= {"partnership": {"own": partners.id}}
    crowd.ids |= {"block": {"own": block.id}, "report": {"own": concern.id}, "grant": {"waiting": waiting.id}}


def _strangers(session: Session, crowd: Crowd) -> None:
    """The same roles in another region, and somebody without any."""
    region = make_region(session, "groningen", name="Groningen", landsdeel="noord")
    school, company = (make(session, pc4="9711", region=region) for make in (make_school, make_company))
    lead, contact = make_user(session), make_user(session)
    make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
    make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
    crowd.people |= {
        "other_teacher": make_teacher(session, school=school).id,
        "other_lead": lead.id,
        "other_professional": make_professional(session, company=company).id,
        "other_contact": contact.id,
        "other_coordinator": make_coordinator(session, region=region).id,
        "nobody": make_user(session).id,
    }
    crowd.ids["organisation"] |= {"other_school": school.id, "other_company": company.id}
    crowd.ids["region"]["other"] = region.id


def _user(session: Session, crowd: Crowd, name: str) -> User:
    return session.get_one(User, crowd.people[name])


def _place(session: Session, crowd: Crowd, name: str) -> Organisation:
    return session.get_one(Organisation, crowd.ids["organisation"][name])


def addresses(crowd: Crowd, rule: Any) -> list[str]:
    """This rule with every thing there is."""
    found: list[dict[str, Any]] = [{}]
    if {"school_id", "user_id"} <= rule.arguments:
        found = [{"school_id": crowd.ids["organisation"][name]} for name in ("school", "other_school")]
    for argument in sorted(rule.arguments - set(found[0])):
        found = [{**one, argument: value} for one in found for value in _values(crowd, argument)]
    adapter = crowd.app.url_map.bind("localhost")
    method = next(iter(rule.methods - {"OPTIONS", "HEAD"}))
    return [adapter.build(rule.endpoint, values, method=method) for values in found]


def _values(crowd: Crowd, argument: str) -> Iterable[Any]:
    kinds = {"school": "organisation", "member": "grant"}
    name = argument.removesuffix("_id")
    if argument == "action":
        return ("stop", "resume")
    if argument == "filename":
        return ("css/base.css",)
    if argument in {"secret", "token"}:
        return ("nosuchsecret",)
    if argument == "slug":
        return ("teacher", "nosuchslug")
    if argument == "kind":
        return ("people",)
    if name == "user":
        return [crowd.people[one] for one in ("teacher", "guest_approved", "other_professional")]
    if name == "notice":
        return (1, 2)
    if name == "seq":
        return (1,)
    if name == "step":
        return ("introduction", "nosuchstep")
    return crowd.ids[kinds.get(name, name)].values()


def rules_for(crowd: Crowd, method: str) -> list[Any]:
    """The addresses of the application that take this method, in a fixed order."""
    rules = [rule for rule in crowd.app.url_map.iter_rules() if method in rule.methods and rule.endpoint != "static"]
    return sorted(rules, key=lambda rule: (rule.endpoint, str(rule)))
