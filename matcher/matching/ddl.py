"""What the database itself refuses about matches: altering the chain, and what a CHECK on one row cannot see."""

from dataclasses import dataclass

from sqlalchemy import DDL, event

from matcher.accounts.erased_ddl import note_emptied
from matcher.db import Base, append_only
from matcher.matching.models import AllowedTransition, MatchEvent

_WROTE = "OLD.actor_id, OLD.on_behalf_by_id"
MAY_CHANGE = {engine: note_emptied(MatchEvent, engine, _WROTE) for engine in ("sqlite", "postgresql")}

append_only(AllowedTransition)
append_only(MatchEvent, MAY_CHANGE)


@dataclass(frozen=True)
class Guard:
    """One thing a table refuses: `when` looks at the row alone, `sql` at the rest; both must be true to refuse."""

    name: str
    table: str
    verbs: tuple[str, ...]
    when: str
    sql: str = ""


_ENDED = "('declined','expired','withdrawn','rejected','cancelled','superseded','missed')"
_FINAL = "('declined','expired','withdrawn','rejected','cancelled','superseded','missed','held')"
_CHANGED = " or ".join(
    f"coalesce(NEW.{column}, -1) <> coalesce(OLD.{column}, -1)"
    for column in (
        "request_revision",
        "offer_revision",
        "professional_id",
        "visitor_id",
        "teacher_id",
        "approved_by_id",
    )
)
_INSERT, _UPDATE, _DELETE = "INSERT", "UPDATE", "DELETE"
GUARDS = (
    Guard(
        "approver_works_there",
        "matches",
        (_INSERT, f"{_UPDATE} OF approved_by_id"),
        "NEW.approved_by_id is not null",
        "select 1 from grants g where g.user_id = NEW.approved_by_id and g.ended_at is null and g.organisation_id in"
        " ((select r.organisation_id from requests r where r.id = NEW.request_id),"
        " (select o.organisation_id from offers o where o.id = NEW.offer_id))",
    ),
    Guard(
        "consent_missing",
        "matches",
        (f"{_UPDATE} OF state",),
        "OLD.state = 'accepted' and NEW.state = 'approved'",
        "select 1 from consents c where c.match_id = NEW.id and c.given_at is null",
    ),
    Guard(
        "time_still_held",
        "matches",
        (f"{_UPDATE} OF state",),
        f"NEW.state in {_ENDED}",
        "select 1 from bookings b where b.match_id = NEW.id and b.live",
    ),
    Guard(
        "place_beyond_needed",
        "matches",
        (_INSERT, f"{_UPDATE} OF place_no, request_id"),
        "NEW.place_no is not null",
        "select 1 from requests r where r.id = NEW.request_id and r.needed < NEW.place_no",
    ),
    Guard(
        "parties_fixed",
        "matches",
        (f"{_UPDATE} OF id, kind, request_id, offer_id, side, proposed_by_id, created_at",),
        "NEW.id <> OLD.id or NEW.kind <> OLD.kind or NEW.request_id <> OLD.request_id or NEW.offer_id <> OLD.offer_id"
        " or NEW.side <> OLD.side or coalesce(NEW.proposed_by_id, -1) <> coalesce(OLD.proposed_by_id, -1)"
        " or NEW.created_at <> OLD.created_at",
    ),
    Guard(
        "ended_is_fixed",
        "matches",
        (f"{_UPDATE} OF request_revision, offer_revision, professional_id, visitor_id, teacher_id, approved_by_id",),
        f"OLD.state in {_FINAL} and NEW.state = OLD.state and ({_CHANGED})",
    ),
    Guard(
        "final_stays_final",
        "allowed_transitions",
        (_INSERT,),
        f"NEW.from_state in {_FINAL} and NEW.action <> 'undo'",
    ),
    Guard("match_removed", "matches", (_DELETE,), "true"),
    Guard(
        "places_taken",
        "requests",
        (f"{_UPDATE} OF needed",),
        "NEW.needed < OLD.needed",
        "select 1 from matches m where m.request_id = NEW.id and m.place_no > NEW.needed",
    ),
    Guard(
        "consent_of_another",
        "consents",
        (_INSERT, f"{_UPDATE} OF match_id, party, seq"),
        "NEW.seq is not null",
        "select 1 from match_events e where e.match_id = NEW.match_id and e.seq = NEW.seq and not"
        " ((e.role = NEW.party and e.action in ('propose','suggest_moment','accept'))"
        " or (e.role = 'coordinator' and e.action = 'accept'))",
    ),
    Guard(
        "consent_taken_back",
        "consents",
        (f"{_UPDATE} OF match_id, party, given_at",),
        "NEW.match_id <> OLD.match_id or NEW.party <> OLD.party or NEW.given_at is null",
        "select 1 from matches m where m.id = OLD.match_id and m.state in ('approved','held','missed')",
    ),
    Guard("consent_removed", "consents", (_DELETE,), "true"),
    Guard(
        "booking_of_nothing",
        "bookings",
        (_INSERT, f"{_UPDATE} OF live, match_id"),
        "NEW.live",
        "select 1 from matches m where m.id = NEW.match_id and m.state in"
        " ('declined','expired','withdrawn','cancelled','superseded','missed')",
    ),
)
"""What a single row's CHECK cannot see. The services refuse all of it in words; this is the net under them."""
KEPT_WHOLE = ("audit", "allowed_transitions", "match_events", "request_revisions", "offer_revisions")
"""Append-only tables that PostgreSQL may not empty at once either."""


def guard_ddl(guard: Guard, dialect: str) -> list[str]:
    """Statements that make the database refuse with the guard's name."""
    if dialect == "sqlite":
        where = f" WHERE EXISTS ({guard.sql})" if guard.sql else ""
        return [
            f"CREATE TRIGGER tr_{guard.table}_{guard.name}_{verb.split()[0].lower()} BEFORE {verb} ON {guard.table} "
            f"WHEN {guard.when} BEGIN SELECT RAISE(ABORT, '{guard.name}'){where}; END"
            for verb in guard.verbs
        ]
    condition = f"({guard.when})" + (f" AND EXISTS ({guard.sql})" if guard.sql else "")
    row = "OLD" if guard.verbs == (_DELETE,) else "NEW"
    return [
        f"CREATE OR REPLACE FUNCTION guard_{guard.name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {condition} THEN RAISE EXCEPTION '{guard.name}' USING ERRCODE = "
        f"'integrity_constraint_violation'; END IF; RETURN {row}; END $$",
        f"CREATE TRIGGER tr_{guard.table}_{guard.name} BEFORE {' OR '.join(guard.verbs)} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION guard_{guard.name}()",
    ]


def no_truncate_ddl(table: str) -> str:
    return (
        f"CREATE TRIGGER tr_{table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


for _guard in GUARDS:
    for _dialect in ("sqlite", "postgresql"):
        for _statement in guard_ddl(_guard, _dialect):
            _made = DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect)
            event.listen(Base.metadata, "after_create", _made)
for _table in KEPT_WHOLE:
    event.listen(Base.metadata, "after_create", DDL(no_truncate_ddl(_table)).execute_if(dialect="postgresql"))
