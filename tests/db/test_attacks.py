"""Somebody with the database in hand: raw statements against the schema, each refused by the database itself, on both
engines, and for the reason that is meant. The control shows that the rig lets honest statements pass."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matcher.accounts.models import Audit
from matcher.db import Database
from matcher.matching.visit_services import report_visit
from matcher.organisations.models import Organisation
from tests.factories import NOW
from tests.factories.people import make_grant, make_professional
from tests.matching.lives import AFTER, make_life

Attack = tuple[str, ...]


def event(match: str, seq: int, before: str, action: str, after: str, **other: str) -> str:
    """A forged step; `prev`, `role` and `actor` are SQL."""
    prev, role, actor = other.get("prev", str(seq - 1)), other.get("role", "'system'"), other.get("actor", "null")
    from_state = before if before == "null" else f"'{before}'"
    return (
        "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, actor_id, role, note,"
        f" details, at) values ({match}, {seq}, {prev}, {from_state}, '{action}', '{after}', {actor}, {role}, '',"
        " '{}', :at)"
    )


def born(match: str, request: str, offer: str, person: str) -> Attack:
    """A second match with a chain of its own."""
    return (
        event(match, 1, "null", "propose", "proposed", prev="null"),
        "insert into matches (id, kind, request_id, offer_id, request_revision, offer_revision, professional_id,"
        " name_follows, side, wave, state, seq, region_id, keep_in_mind, generated, created_at, changed_at)"
        f" select {match}, kind, {request}, {offer}, 1, 1, {person}, name_follows, side, 1, 'proposed', 1, region_id,"
        " keep_in_mind, generated, created_at, changed_at from matches where id = :open",
    )


def booking(match: str, party: str, owner: str, start: str, end: str, pad: int = 0) -> str:
    return (
        "insert into bookings (match_id, party, party_id, start_s, end_s, pad_before_s, pad_after_s, live)"
        f" values ({match}, '{party}', {owner}, {start}, {end}, {pad}, 0, true)"
    )


HELD_TIME = "(select {} from bookings where match_id = :agreed and party = '{}' and live)"
APPROVE = event(":said", 3, "accepted", "approve", "approved", role="'coordinator'", actor=":boss")
APPROVED = "update matches set state = 'approved', seq = 3, approved_at = :at, approved_by_id = {} where id = :said"
SAME = (HELD_TIME.format("start_s + 60", "person"), HELD_TIME.format("end_s", "person"))

# name → what the refusal is called, and the statements: all but the last are legal
ATTACKS: dict[str, tuple[str, Attack]] = {
    "a step is skipped": ("transition|foreign", (event(":open", 2, "proposed", "approve", "approved"),)),
    "a step leads elsewhere": ("transition|foreign", (event(":open", 2, "proposed", "decline", "accepted"),)),
    "a step from another state": ("chain|foreign", (event(":open", 2, "accepted", "approve", "approved"),)),
    "an unknown step": ("action|foreign", (event(":open", 2, "proposed", "dance", "declined"),)),
    "a gap in the numbers": ("chain|foreign", (event(":open", 3, "proposed", "decline", "declined"),)),
    "a gap with the right one before": (
        "previous_is_one_less",
        (event(":open", 3, "proposed", "decline", "declined", prev="1"),),
    ),
    "a second birth": ("unique", (event(":open", 1, "null", "propose", "proposed", prev="null"),)),
    "born accepted": ("born_proposed", (event("900001", 1, "null", "accept", "accepted", prev="null"),)),
    "a step by nobody": ("somebody_did_it", (event(":open", 2, "proposed", "decline", "declined", role="'company'"),)),
    "a step after the end": ("transition|foreign", (event(":held", 5, "held", "cancel", "cancelled"),)),
    "an event is changed": ("append_only", ("update match_events set actor_id = null where match_id = :agreed",)),
    "an event is removed": ("append_only", ("delete from match_events where match_id = :agreed and seq = 3",)),
    "events are emptied": ("append_only", ("TRUNCATE match_events",)),
    "an event is replaced": ("append_only", ("REPLACE match_events match_id, seq action",)),
    "a line of the audit is changed": ("append_only", ("update audit set actor_id = null",)),
    "a line of the audit is removed": ("append_only", ("delete from audit where id = :line",)),
    "the audit is emptied": ("append_only", ("TRUNCATE audit",)),
    "a line of the audit is replaced": ("append_only", ("REPLACE audit id action",)),
    "a request said something else": ("append_only", ("update request_revisions set snapshot = '{}'",)),
    "an offer never said it": ("append_only", ("delete from offer_revisions where offer_id = :offer",)),
    "a rule is removed": ("append_only", ("delete from allowed_transitions where action = 'approve'",)),
    "a rule is bent": ("append_only", ("update allowed_transitions set to_state = 'approved'",)),
    "a way out of the end": (
        "final_stays_final",
        ("insert into allowed_transitions (from_state, action, to_state) values ('held', 'cancel', 'cancelled')",),
    ),
    "a state without its event": ("last_event|foreign", ("update matches set state = 'declined' where id = :open",)),
    "a number without its event": ("last_event|foreign", ("update matches set seq = 2 where id = :open",)),
    "a held visit becomes missed": ("last_event|time_still", ("update matches set state = 'missed' where id = :held",)),
    "an agreement ends and keeps its time": (
        "time_still_held",
        (
            event(":agreed", 4, "approved", "cancel", "cancelled"),
            "update matches set state = 'cancelled', seq = 4, place_no = null where id = :agreed",
        ),
    ),
    "an approval by nobody": ("approved_by_exactly_one", (APPROVE, APPROVED.format("null"))),
    "an approval by person and rule": (
        "approved_by_exactly_one",
        ("update matches set approved_rule = 'known_pairs' where id = :agreed",),
    ),
    "the guest approves": ("approver_is_no_party|approver_works", (APPROVE, APPROVED.format("visitor_id"))),
    "the teacher approves": ("approver_is_no_party|approver_works", (APPROVE, APPROVED.format("teacher_id"))),
    "somebody of the school approves": ("approver_works_there", (APPROVE, APPROVED.format(":of_school"))),
    "somebody of the company approves": ("approver_works_there", (APPROVE, APPROVED.format(":of_company"))),
    "an approval before everybody said yes": (
        "consent_missing",
        (
            "update consents set given_at = null, given_by_id = null, seq = null"
            " where match_id = :said and party = 'school'",
            APPROVE,
            APPROVED.format(":boss"),
        ),
    ),
    "a second live match with an offer": ("uq_matches_live|unique", born("900002", ":request", ":offer", "null")),
    "a second live match with a person": (
        "uq_matches_live|unique",
        born("900003", ":request", ":other_offer", ":guest"),
    ),
    "the hour of a person twice": ("overlap|ex_", (booking(":open", "person", ":guest", *SAME),)),
    "the hour of a class twice": (
        "overlap|ex_",
        (
            booking(
                ":open", "class", ":class", HELD_TIME.format("start_s", "class"), HELD_TIME.format("end_s", "class")
            ),
        ),
    ),
    "a freed hour is taken back": (
        "overlap|ex_",
        (
            booking(":open", "person", ":guest", *SAME).replace("true)", "false)"),
            "update bookings set live = true where match_id = :open",
        ),
    ),
    "an ended match books": ("booking_of_nothing", (booking(":ended", "person", "900004", "1000", "2000"),)),
    "a booking ends before it begins": (
        "end_after_start|longer_than",
        (booking(":open", "person", "900004", "2000", "1000"),),
    ),
    "a booking with a negative pad": ("pads_not_negative", (booking(":open", "person", "9", "1000", "2000", -5),)),
    "a place twice": (
        "uq_matches_place|unique",
        (
            event(":open", 2, "proposed", "accept", "accepted"),
            "update matches set state = 'accepted', seq = 2, place_no = 1 where id = :open",
        ),
    ),
    "more places than asked": ("place_beyond_needed", ("update matches set place_no = 2 where id = :agreed",)),
    "a yes without a place": (
        "taken_place_has_number",
        (
            event(":open", 2, "proposed", "accept", "accepted"),
            "update matches set state = 'accepted', seq = 2 where id = :open",
        ),
    ),
    "fewer places than taken": (
        "places_taken",
        (
            "update requests set needed = 2 where id = :request",
            "update matches set place_no = 2 where id = :agreed",
            "update requests set needed = 1 where id = :request",
        ),
    ),
    "a negative number of open questions": ("open_cap_sensible", ("update offers set open_cap = -1",)),
    "a negative maximum a year": ("cap_sensible", ("update offers set yearly_cap = -1",)),
    "no places at all": ("places_sensible", ("update offers set places = 0",)),
    "a booking of no match": ("foreign", (booking("900005", "person", "5", "1000", "2000"),)),
    "a step by somebody who is not there": (
        "foreign",
        (event(":open", 2, "proposed", "decline", "declined", role="'company'", actor="900006"),),
    ),
    "a person is removed": ("foreign", ("delete from users where id = :guest",)),
    "a request is removed": ("foreign", ("delete from requests where id = :request",)),
    "a match is removed": ("match_removed", ("delete from matches where id = :ended",)),
    "the parties are rewritten": ("parties_fixed", ("update matches set offer_id = :offer where id = :ended",)),
    "who came is rewritten": ("ended_is_fixed", ("update matches set visitor_id = :boss where id = :held",)),
    "a yes without a step": ("given_by_an_event", ("update consents set given_at = :at where match_id = :open",)),
    "a yes in a step of the other side": (
        "consent_of_another",
        ("update consents set given_at = :at, seq = 1 where match_id = :open and party = 'company'",),
    ),
    "a yes is taken back after approval": (
        "consent_taken_back",
        ("update consents set given_at = null, seq = null where match_id = :agreed and party = 'company'",),
    ),
    "a yes is removed": ("consent_removed", ("delete from consents where match_id = :agreed",)),
    "a role everywhere and somewhere": (
        "scope_fits_role",
        ("update grants set region_id = null where role = 'coordinator'",),
    ),
    "a letter twice": (
        "dedupe|unique",
        (
            "insert into outbox (dedupe_key, channel, address, recipient_name, locale, template, params, subject,"
            " subject_id, seq, state, not_before, attempts, message_id, created_at) select dedupe_key, channel,"
            " address, recipient_name, locale, template, params, subject, subject_id, seq, state, not_before, attempts,"
            " 'new', created_at from outbox where subject_id = :agreed",
        ),
    ),
}


@pytest.fixture(scope="module")
def victim(shared_database: Database) -> Iterator[tuple[Session, dict[str, Any]]]:
    """An invitation, a yes, an approval, a held visit and a withdrawn one; gone again afterwards."""
    with shared_database.session(write=True) as session:
        yield session, _world(session)
        session.rollback()


def _world(session: Session) -> dict[str, Any]:
    life, other, third = make_life(session), make_life(session), make_life(session)
    open_match, agreed, said, held = life.asked(1), life.approved(0), other.accepted(0), third.approved(0)
    for actor in (third.actor(third.teacher), third.guest(0)):
        report_visit(session, held.id, happened=True, again=True, actor=actor, now=AFTER)
    ended = third.session.merge(make_life(session).asked(0))
    session.execute(text(event(":m", 2, "proposed", "withdraw", "withdrawn")), {"m": ended.id, "at": _at(session)})
    session.execute(text("update matches set state = 'withdrawn', seq = 2 where id = :m"), {"m": ended.id})
    of_school, of_company = make_professional(session), make_professional(session)
    make_grant(session, of_school, "teacher", organisation=other.school)
    company = session.get_one(Organisation, other.offers[0].organisation_id)
    make_grant(session, of_company, "professional", organisation=company)
    session.add(Audit(at=NOW, action="test", object_type="match"))
    session.flush()
    return {
        "open": open_match.id,
        "agreed": agreed.id,
        "said": said.id,
        "held": held.id,
        "ended": ended.id,
        "request": life.request.id,
        "offer": life.offers[0].id,
        "other_offer": other.offers[0].id,
        "guest": life.offers[0].person_id,
        "class": life.request.class_id,
        "boss": life.coordinator.id,
        "of_school": of_school.id,
        "of_company": of_company.id,
        "line": session.scalars(select(Audit.id)).first(),
        "at": _at(session),
    }


def _at(session: Session) -> Any:
    return NOW if session.get_bind().dialect.name == "postgresql" else NOW.isoformat(" ")


def spoken(session: Session, statement: str) -> str:
    """What one engine calls otherwise than the other: emptying a table, and writing over a row."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    verb, _, rest = statement.partition(" ")
    if verb == "TRUNCATE":
        return f"delete from {rest}" if sqlite else f"truncate {rest} cascade"
    if verb == "REPLACE":
        table, rest = rest.split(" ", 1)
        keys, column = rest.rsplit(" ", 1)
        if sqlite:
            return f"insert or replace into {table} select * from {table} where action <> ''"
        return (
            f"insert into {table} select * from {table} where action <> ''"
            f" on conflict ({keys}) do update set {column} = excluded.{column}"
        )
    return statement


def attack(session: Session, statement: str, values: dict[str, Any]) -> None:
    said = spoken(session, statement)
    session.execute(text(said), {name: value for name, value in values.items() if f":{name}" in said})


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused(victim: tuple[Session, dict[str, Any]], name: str) -> None:
    session, values = victim
    reason, statements = ATTACKS[name]
    savepoint = session.begin_nested()
    for statement in statements[:-1]:
        attack(session, statement, values)
    with pytest.raises(IntegrityError) as refusal:
        attack(session, statements[-1], values)
    assert re.search(reason, str(refusal.value.orig), re.IGNORECASE), refusal.value.orig
    savepoint.rollback()


def test_there_are_attacks_enough() -> None:
    assert len(ATTACKS) >= 40


def test_control_honest_statements_pass(victim: tuple[Session, dict[str, Any]]) -> None:
    session, values = victim
    with session.begin_nested() as savepoint:
        for statement in (
            APPROVE,
            APPROVED.format(":boss"),
            "update bookings set live = false where match_id = :agreed",
            event(":agreed", 4, "approved", "cancel", "cancelled"),
            "update matches set state = 'cancelled', seq = 4, place_no = null where id = :agreed",
            event(":open", 2, "proposed", "accept", "accepted"),
            "update matches set state = 'accepted', seq = 2, place_no = 1 where id = :open",
            booking(":open", "person", ":guest", "1000", "2000"),
        ):
            attack(session, statement, values)
        savepoint.rollback()
