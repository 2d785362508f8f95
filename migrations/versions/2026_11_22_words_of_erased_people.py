"""History keeps refusing every change but one: words that somebody wrote whose account was erased may be emptied, in the
note of an event and in the texts of a revision."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

# A migration says again what the code says today: the code may change, what once ran may not.
WORDS = ("title", "description", "own_words", "costs")
OTHERS = {
    "match_events": (
        *("match_id", "seq", "prev_seq", "from_state", "action", "to_state", "actor_id", "on_behalf_by_id", "role"),
        *("reason", "details", "at"),
    ),
    "offer_revisions": ("offer_id", "revision", "at", "by_id"),
    "request_revisions": ("request_id", "revision", "at", "by_id"),
}
EMPTIED = {"match_events": "note", "offer_revisions": "snapshot", "request_revisions": "snapshot"}
GUIDE = {
    "sqlite": "json_extract(OLD.snapshot, '$.details.supervisor_id')",
    "postgresql": "cast(OLD.snapshot->'details'->>'supervisor_id' as integer)",
}

OWNERS = {
    "match_events": "OLD.actor_id, OLD.on_behalf_by_id",
    "offer_revisions": "OLD.by_id, (select o.person_id from offers o where o.id = OLD.offer_id), ",
    "request_revisions": "OLD.by_id, (select r.asked_by_id from requests r where r.id = OLD.request_id)",
}
EARLIER = "select cast(r.details as text) from requests r where r.id = OLD.request_id"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table in OTHERS:
        _drop(table, dialect)
        _refuse(table, dialect, _may_change(table, dialect))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table in OTHERS:
        _drop(table, dialect)
        _refuse(table, dialect, "")
        if dialect == "postgresql":
            _say(f"DROP FUNCTION refuse_change_of_{table}()")


def _drop(table: str, dialect: str) -> None:
    if dialect == "sqlite":
        _say(f"DROP TRIGGER tr_{table}_no_update")
    else:
        _say(f"DROP TRIGGER tr_{table}_append_only ON {table}")


def _refuse(table: str, dialect: str, may_change: str) -> None:
    if dialect == "sqlite":
        when = f"WHEN NOT coalesce(({may_change}), 0) " if may_change else ""
        _say(
            f"CREATE TRIGGER tr_{table}_no_update BEFORE UPDATE ON {table} {when}"
            "BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        )
        return
    function = "refuse_change"
    if may_change:
        function = f"refuse_change_of_{table}"
        _say(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF TG_OP = 'UPDATE' AND coalesce(({may_change}), false) THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'append_only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    _say(
        f"CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )


def _may_change(table: str, dialect: str) -> str:
    before = f" or ({EARLIER}) like '%,p' || u.id || ',%'" if table == "request_revisions" else ""
    who = OWNERS[table] + (GUIDE[dialect] if table == "offer_revisions" else "")
    gone = f"exists (select 1 from users u where u.erased_at is not null and (u.id in ({who}){before}))"  # noqa: S608 (our own words)
    if dialect == "sqlite":
        same = " and ".join(f"NEW.{name} is OLD.{name}" for name in OTHERS[table])
    else:
        same = f"to_jsonb(NEW) - '{EMPTIED[table]}' = to_jsonb(OLD) - '{EMPTIED[table]}'"
    if table == "match_events":
        return f"NEW.note = '' and {same} and {gone}"
    names = (*WORDS, "details")
    if dialect == "sqlite":
        left_out = ", ".join(f"'$.{name}'" for name in names)
        rest = f"json_remove(NEW.snapshot, {left_out}) = json_remove(OLD.snapshot, {left_out})"
    else:
        left_out = "'{" + ",".join(names) + "}'::text[]"
        rest = f"NEW.snapshot::jsonb - {left_out} = OLD.snapshot::jsonb - {left_out}"
    words = " and ".join(_kept_or_empty(dialect, name) for name in WORDS)
    return f"{rest} and {words} and {same} and {gone}"


def _kept_or_empty(dialect: str, name: str) -> str:
    if dialect == "sqlite":
        now, before, same = (*(f"json_extract({row}.snapshot, '$.{name}')" for row in ("NEW", "OLD")), "is")
    else:
        now, before, same = (*(f"{row}.snapshot->>'{name}'" for row in ("NEW", "OLD")), "is not distinct from")
    return f"({now} {same} {before} or {now} = '')"


def _say(statement: str) -> None:
    # A colon in it begins no parameter.
    op.execute(sa.text(statement.replace(":", "\\:")))
