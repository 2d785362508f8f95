"""One kind of damage for every promise that `matcher fsck` checks, and a world to plant it in."""

import json

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.matching.ddl import GUARDS
from tests.factories.people import make_user
from tests.matching.lives import make_life

# check → statements that break it, for the approved match :m of request :r
DAMAGE: dict[str, list[str]] = {
    "INV-1 one live match of a pair": ["update matches set request_id = :r, offer_id = :o where id = :other"],
    "INV-2 no crossing bookings": [
        "insert into bookings (match_id, party, party_id, start_s, end_s, pad_before_s, pad_after_s, live)"
        " select match_id, party, party_id, start_s + 60, end_s + 60, 0, 0, live from bookings where match_id = :m"
    ],
    "INV-3 approved visit has its people": ["update matches set teacher_id = null where id = :m"],
    "INV-4 approver is no party": ["update matches set approved_by_id = teacher_id where id = :m"],
    "INV-5 state is the last event": ["update matches set state = 'declined' where id = :m"],
    "INV-5 chain is unbroken": ["update match_events set from_state = 'approved' where match_id = :m and seq = 2"],
    "INV-5 events have a match": ["update match_events set match_id = 999999 where match_id = :other"],
    "INV-6 places": [
        "update matches set request_id = :r, state = 'accepted', place_no = 2 where id = :other",
    ],
    "INV-6 place numbers": ["update matches set place_no = 7 where id = :m"],
    "INV-6 ask budgets": ["update ask_counters set taken = taken + 1 where owner = 'person'"],
    "INV-6 who counts": ["update matches set counted_year = null, counts_for_company = :no where id = :m"],
    "INV-7 notices of a step": ["delete from outbox where subject_id = :m and subject = 'match'"],
    "INV-9 final states": [
        "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, role, note, details, at)"
        " values (:m, 4, 3, 'held', 'cancel', 'cancelled', 'system', '', '{}', '2026-11-23 08:00:00')"
    ],
    "INV-10 version counts events": ["delete from match_events where match_id = :m and seq = 2"],
    "INV-11 consents": ["update consents set given_at = null, seq = null where match_id = :m and party = 'school'"],
    "INV-13 closed request": ["update requests set state = 'withdrawn' where id = :r"],
    "INV-14 times": ["update match_moments set chosen = :no where match_id = :m"],
    "INV-15 erased people": ["update users set erased_at = '2026-11-23 08:00:00' where id = :guest"],
    "bookings belong to an agreement": ["delete from bookings where match_id = :m"],
    "half-days of an internship": ["update matches set kind = 'teacher_internship' where id = :m"],
    "half-days of a placement": ["update matches set kind = 'hybrid_placement' where id = :m"],
    "revisions": ["update matches set request_revision = 99 where id = :m"],
    "INV-2 bookings are of its people": [
        "update bookings set party_id = party_id + 7000 where match_id = :m and party = 'person'"
    ],
    "INV-2 bookings cover the visit": [
        "update bookings set start_s = start_s + 7200, end_s = end_s + 7200 where match_id = :m"
    ],
    "INV-4 approval has its event": ["update matches set approved_by_id = :stranger where id = :m"],
    "INV-5 steps are in the table": ["update match_events set action = 'decline' where match_id = :m and seq = 2"],
    "INV-6 numbers without a place": ["update matches set place_no = 3 where id = :other"],
    "INV-7 every step is told": ["delete from outbox where subject = 'match' and subject_id = :m and seq = 2"],
    "INV-7 told once": [
        "insert into outbox (dedupe_key, channel, recipient_user_id, address, recipient_name, locale, template, params,"
        " subject, subject_id, seq, state, not_before, attempts, message_id, created_at)"
        " select dedupe_key || '-again', channel, recipient_user_id, address, recipient_name, locale, template, params,"
        " subject, subject_id, seq, state, not_before, attempts, message_id || '-again', created_at"
        " from outbox where subject_id = :m and seq = 3"
    ],
    "INV-8 contact details": ["update outbox set params = :leak where subject_id = :m and seq = 1"],
    "INV-9 undone in time": [
        "insert into match_events (match_id, seq, prev_seq, from_state, action, to_state, actor_id, role, note,"
        " details, at) values (:m, 4, 3, 'approved', 'undo', 'accepted', :stranger, 'coordinator', '', '{}',"
        " '2026-11-23 08:30:00')"
    ],
    "INV-11 both sides said yes": ["delete from consents where match_id = :m and party = 'company'"],
    "INV-15 erased people are found nowhere": ["update users set erased_at = '2026-11-23 08:00:00' where id = :guest"],
    "reports follow a visit": [
        "insert into visit_reports (match_id, side, happened, parts, note, at)"
        " values (:other, 'school', :no, '[]', '', '2026-11-23 08:00:00')"
    ],
    "suggestion of the match": [
        "insert into suggestion_runs (id, request_id, request_revision, as_of, model, fingerprint, eligible, never,"
        " smallest_change, generated) values (991, :r, 1, '2026-11-23 08:00:00', 'x', 'x', 1, '{}', '[]', :no)",
        "insert into suggestions (id, run_id, offer_id, offer_revision, position, score, propensity, distance_km,"
        " facts, reasons, against, moments) values (991, 991, :o, 1, 1, 0.5, 1, 3, '', '[]', '[]', '{}')",
        "update matches set suggestion_id = 991 where id = :other",
    ],
    "search key": ["delete from offer_search where offer_id = :o"],
    "ticks": [
        "insert into request_ticks (request_id, offer_id, wave, position, ticked_by_id, ticked_at)"
        " values (:r, 999999, 1, 1, :guest, '2026-11-23 08:00:00')"
    ],
    "letters under way": ["update outbox set state = 'inflight' where subject_id = :m and seq = 1"],
    "sessions of people who may sign in": [
        "insert into sessions (id, user_id, epoch, created_at, seen_at, ends_at, agent) values"
        " ('s', :guest, 1, '2026-11-23 08:00:00', '2026-11-23 08:00:00', '2026-12-23 08:00:00', '')",
        "update users set stopped_at = '2026-11-23 08:00:00' where id = :guest",
    ],
}
UNGUARDED: dict[str, list[str]] = {
    "table of steps": ["delete from allowed_transitions where action = 'lapse'"],
    "keys": ["update consents set given_by_id = 999999 where match_id = :m"],
    "guards": [],
}
"""What the rest of the command notices; the guards are all gone already."""


def healthy_world(session: Session) -> dict[str, object]:
    """An approved visit and an invitation, and the names the damages use."""
    life = make_life(session)
    other = life.asked(1)
    match = life.approved()
    return {
        "m": match.id,
        "r": match.request_id,
        "o": match.offer_id,
        "other": other.id,
        "guest": match.visitor_id,
        "no": False,
        "stranger": make_user(session).id,
        "leak": json.dumps({"call": life.teacher.email}),
    }


def plant(connection: Connection, statements: list[str], values: dict[str, object]) -> None:
    for statement in statements:
        connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


def guard_off(connection: Connection, name: str) -> None:
    """One refusal of the database less."""
    guard = next(guard for guard in GUARDS if guard.name == name)
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP TRIGGER tr_{guard.table}_{guard.name} ON {guard.table}"))
        return
    for verb in guard.verbs:
        connection.execute(text(f"DROP TRIGGER tr_{guard.table}_{guard.name}_{verb.split()[0].lower()}"))


def guards_off(connection: Connection, database: Database) -> None:
    """A damaged file knows no constraint: what may refuse the damage goes first."""
    if database.is_sqlite:
        connection.commit()
        raw = connection.connection.dbapi_connection
        assert raw is not None
        gone = raw.execute("select type, name from sqlite_master where sql is not null and (type = 'trigger'"
                           " or (type = 'index' and sql like 'CREATE UNIQUE%'))").fetchall()  # fmt: skip
        raw.executescript(
            "PRAGMA query_only=OFF; PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON;"
            + "".join(f"DROP {kind} {name};" for kind, name in gone)
        )
        return
    found = connection.execute(
        text(
            "select conrelid::regclass::text, conname from pg_constraint"
            " where connamespace = 'public'::regnamespace and contype in ('c','f','x','u')"
        )
    )
    statements = [f'alter table {table} drop constraint if exists "{name}" cascade' for table, name in found]
    unique = text("select indexname from pg_indexes where schemaname = 'public' and indexname like 'uq_%'")
    statements += [f'drop index if exists "{name}"' for (name,) in connection.execute(unique)]
    triggers = text("select tgrelid::regclass::text, tgname from pg_trigger where not tgisinternal")
    statements += [f"drop trigger {name} on {table}" for table, name in connection.execute(triggers)]
    for statement in statements:
        connection.execute(text(statement))
    connection.commit()
