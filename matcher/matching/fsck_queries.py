"""Every promise about matches as a question to the database: each query returns the rows that break it.

Most of this the database refuses already; the check is for what it cannot see, and for files that were damaged.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ForeignKeyConstraint, Select, Table, and_, exists, literal, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from matcher.availability import ddl as booking_ddl
from matcher.db import Base, append_only_ddl
from matcher.matching.ddl import GUARDS, KEPT_WHOLE, guard_ddl
from matcher.matching.fsck_promises import ADVICE, BY_HAND, PROMISES
from matcher.matching.states import ALLOWED_TRANSITIONS

MOST_SHOWN = 20


@dataclass(frozen=True)
class Finding:
    """A broken promise: its name, what it says, and the rows (ids) that break it."""

    name: str
    says: str
    rows: list[str]


# name → (what holds, SQL returning one text column of offending rows). The same SQL runs on both engines.
CHECKS: dict[str, tuple[str, str]] = {
    "INV-1 one live match of a pair": (
        "A request has one live match with an offer.",
        "select request_id || '/' || offer_id from matches where state in ('proposed','accepted','approved')"
        " group by request_id, offer_id having count(*) > 1",
    ),
    "INV-2 no crossing bookings": (
        "Live bookings of one person, class or place never overlap.",
        "select a.id || '/' || b.id from bookings a join bookings b on a.party = b.party and a.party_id = b.party_id"
        " and a.id < b.id and a.start_s < b.end_s and b.start_s < a.end_s where a.live and b.live",
    ),
    "INV-3 approved visit has its people": (
        "An approved guest lecture has a visitor (or a name that follows), a teacher and a moment.",
        "select m.id || '' from matches m where m.state = 'approved' and m.kind = 'guest_lecture'"
        " and ((m.visitor_id is null and not m.name_follows) or m.teacher_id is null"
        " or not exists (select 1 from match_moments t where t.match_id = m.id and t.chosen))",
    ),
    "INV-4 approver is no party": (
        "Who approved worked at neither side that day.",
        "select m.id || '' from matches m join requests r on r.id = m.request_id join offers o on o.id = m.offer_id"
        " where m.state in ('approved','held','missed') and m.approved_by_id is not null and exists (select 1"
        " from grants g where g.user_id = m.approved_by_id and g.created_at <= m.approved_at"
        " and (g.ended_at is null or g.ended_at > m.approved_at)"
        " and g.organisation_id in (r.organisation_id, o.organisation_id))",
    ),
    "INV-5 state is the last event": (
        "A match stands where its last event led, and every event follows the one before.",
        "select m.id || '' from matches m left join match_events e on e.match_id = m.id and e.seq = m.seq"
        " where e.to_state is null or e.to_state <> m.state"
        " or exists (select 1 from match_events n where n.match_id = m.id and n.seq > m.seq)",
    ),
    "INV-5 chain is unbroken": (
        "Each event's beginning is the end of the one before.",
        "select e.match_id || '#' || e.seq from match_events e left join match_events p"
        " on p.match_id = e.match_id and p.seq = e.seq - 1"
        " where (e.seq > 1 and (p.to_state is null or p.to_state <> e.from_state))"
        " or (e.seq = 1 and (e.from_state is not null or e.to_state <> 'proposed'))",
    ),
    "INV-5 events have a match": (
        "No event stands alone.",
        "select distinct e.match_id || '' from match_events e left join matches m on m.id = e.match_id"
        " where m.id is null",
    ),
    "INV-6 places": (
        "A request never has more accepted, approved or held matches than it asked for.",
        "select r.id || '' from requests r join matches m on m.request_id = r.id"
        " where m.state in ('accepted','approved','held') group by r.id, r.needed having count(*) > r.needed",
    ),
    "INV-6 place numbers": (
        "Who takes a place has its number, within the number asked for.",
        "select m.id || '' from matches m join requests r on r.id = m.request_id"
        " where m.state in ('accepted','approved','held') and (m.place_no is null or m.place_no > r.needed)",
    ),
    "INV-6 ask budgets": (
        "Each counter of a budget is the number of matches that count in it, and never beyond its maximum.",
        "select c.owner || ' ' || c.owner_id || ' ' || c.period from ask_counters c where c.taken > c.cap"
        " or c.taken <> (select count(*) from matches m where c.owner = 'person' and m.counted_year = c.period"
        " and m.professional_id = c.owner_id)"
        " + (select count(*) from matches m where c.owner = 'offer' and m.counted_year = c.period"
        " and m.offer_id = c.owner_id and m.professional_id is null)"
        " + (select count(*) from offers o join matches m on m.offer_id = o.id where c.owner = 'organisation'"
        " and o.organisation_id = c.owner_id and m.counted_year = c.period and m.counts_for_company)"
        " union select 'match ' || m.id from matches m join offers o on o.id = m.offer_id"
        " where m.counted_year is not null and (not exists (select 1 from ask_counters c"
        " where c.owner = case when m.professional_id is null then 'offer' else 'person' end"
        " and c.owner_id = coalesce(m.professional_id, m.offer_id) and c.period = m.counted_year)"
        " or (m.counts_for_company and not exists (select 1 from ask_counters c where c.owner = 'organisation'"
        " and c.owner_id = o.organisation_id and c.period = m.counted_year)))",
    ),
    "INV-6 who counts": (
        "Every agreed visit counts in the budget of its guest, and nothing that ended otherwise does.",
        "select m.id || '' from matches m where (m.state in ('accepted','approved','held'))"
        " <> (m.counted_year is not null) and m.state <> 'proposed'"
        " or (m.counts_for_company and m.counted_year is null)",
    ),
    "INV-7 notices of a step": (
        "A step that must be told has its notices; a visit registered afterwards has none.",
        "select e.match_id || '#' || e.seq from match_events e join matches m on m.id = e.match_id"
        " where e.action in ('approve','cancel') and not m.generated"
        " and cast(e.details as text) not like '%\"registered\": true%'"
        " and coalesce(m.approved_rule, '') <> 'registered_afterwards' and not exists"
        " (select 1 from outbox o where o.subject = 'match' and o.subject_id = e.match_id and o.seq = e.seq)",
    ),
    "INV-9 final states": (
        "Nothing but undoing follows a final state.",
        "select e.match_id || '#' || e.seq from match_events e where e.from_state in"
        " ('held','missed','declined','expired','withdrawn','rejected','cancelled','superseded')"
        " and e.action <> 'undo'",
    ),
    "INV-10 version counts events": (
        "The version of a match is the number of its events.",
        "select m.id || '' from matches m where m.seq <> (select count(*) from match_events e where e.match_id = m.id)",
    ),
    "INV-11 consents": (
        "An agreed match has every consent it needs, each given by an event.",
        "select c.match_id || '/' || c.party from consents c join matches m on m.id = c.match_id"
        " where m.state in ('accepted','approved') and c.given_at is null",
    ),
    "INV-13 closed request": (
        "A request that was withdrawn or closed has no live match.",
        "select m.id || '' from matches m join requests r on r.id = m.request_id"
        " where r.state in ('withdrawn','closed') and m.state in ('proposed','accepted','approved')",
    ),
    "INV-14 times": (
        "An agreed match has exactly one chosen moment, and no single visit lasts more than eight hours.",
        "select m.id || '' from matches m where m.state in ('accepted','approved','held')"
        " and (select count(*) from match_moments t where t.match_id = m.id and t.chosen) <> 1"
        " union select t.match_id || '' from match_moments t"
        " where (t.end_s - t.start_s > 28800 and t.shape_key = '') or t.end_s <= t.start_s",
    ),
    "INV-15 erased people": (
        "An erased person has no visit ahead and no session.",
        "select u.id || '' from users u where u.erased_at is not null and (exists (select 1 from matches m"
        " left join match_moments t on t.match_id = m.id and t.chosen"
        " where m.visitor_id = u.id and m.state in ('proposed','accepted','approved')"
        " and (t.end_s is null or t.end_s > seconds_of(u.erased_at)))"
        " or exists (select 1 from sessions s where s.user_id = u.id))",
    ),
    "bookings belong to an agreement": (
        "Time is held only by accepted, approved and held matches, and by each of them.",
        "select b.id || '' from bookings b join matches m on m.id = b.match_id"
        " where b.live and m.state not in ('accepted','approved','held')"
        " union select 'match ' || m.id from matches m where m.state in ('accepted','approved')"
        " and (m.visitor_id is not null or m.kind <> 'guest_lecture')"
        " and not exists (select 1 from bookings b where b.match_id = m.id and b.live)",
    ),
    "half-days of an internship": (
        "An agreed internship holds its teacher and a place on every half-day of its plan, and on no other.",
        "select m.id || '' from matches m join match_moments t on t.match_id = m.id and t.chosen"
        " where m.kind = 'teacher_internship' and m.state in ('accepted','approved','held') and exists"
        " (select 1 from (select 'place' as party union select 'person') p where"
        " (select count(*) from bookings b where b.match_id = m.id and b.live and b.party = p.party"
        " and (b.party = 'place' or b.party_id = m.teacher_id)"
        " and b.start_s >= t.start_s and b.end_s <= t.end_s) <> json_array_length(t.parts)"
        " or not exists (select 1 from bookings b where b.match_id = m.id and b.live and b.party = p.party"
        " and b.start_s = t.start_s))",
    ),
    "half-days of a placement": (
        "An agreed placement holds its guest from the first half-day of its plan to the last, once a day.",
        "select m.id || '' from matches m join match_moments t on t.match_id = m.id and t.chosen"
        " left join (select match_id, party_id, count(*) as visits, min(start_s + pad_before_s) as first_s,"
        " max(end_s - pad_after_s) as last_s from bookings where live and party = 'person'"
        " group by match_id, party_id) b on b.match_id = m.id and b.party_id = m.visitor_id"
        " where m.kind = 'hybrid_placement' and m.state in ('accepted','approved','held')"
        " and (b.visits is null or b.first_s <> t.start_s or b.last_s <> t.end_s"
        " or b.visits > json_array_length(t.parts) or 2 * b.visits < json_array_length(t.parts))",
    ),
    "revisions": (
        "Every match, and every open request and offer, points at a revision that was kept.",
        "select 'match ' || m.id from matches m left join request_revisions r on r.request_id = m.request_id"
        " and r.revision = m.request_revision left join offer_revisions o on o.offer_id = m.offer_id"
        " and o.revision = m.offer_revision where r.revision is null or o.revision is null"
        " union select 'request ' || q.id from requests q left join request_revisions r on r.request_id = q.id"
        " and r.revision = q.revision where q.state = 'open' and r.revision is null",
    ),
}
CHECKS |= PROMISES
_SECONDS_OF = re.compile(r"seconds_of\(([a-z_.]+)\)")
_TRIGGER = re.compile(r"CREATE TRIGGER (\w+)")


def what_to_do(name: str) -> str:
    """One sentence for whoever has to deal with it."""
    return ADVICE.get(name, BY_HAND)


def rows_breaking(session: Session, name: str) -> list[str]:
    """The rows that break one promise."""
    seconds = "extract(epoch from \\1)" if _is_postgres(session) else "cast(strftime('%s', \\1) as integer)"
    sql = _SECONDS_OF.sub(seconds, CHECKS[name][1])
    return [str(row[0]) for row in session.execute(text(sql))]


def broken_promises(session: Session) -> list[Finding]:
    """What does not hold, with the first rows of each. An empty list is what everybody wants to see."""
    findings = []
    for name, (says, _sql) in CHECKS.items():
        rows = rows_breaking(session, name)
        if rows:
            findings.append(Finding(name, says, rows))
    return [*findings, *_transitions(session), *_guards(session)]


def _transitions(session: Session) -> list[Finding]:
    stored = {
        tuple(row) for row in session.execute(text("select from_state, action, to_state from allowed_transitions"))
    }
    wrong = sorted(" ".join(row) for row in stored ^ set(ALLOWED_TRANSITIONS))
    if not wrong:
        return []
    return [Finding("table of steps", "The database allows exactly the steps the code knows.", wrong)]


def _guards(session: Session) -> list[Finding]:
    """Append-only tables, bookings and matches are only as safe as the triggers that stand before them."""
    postgres = _is_postgres(session)
    there = "select tgname from pg_trigger where tgenabled <> 'D'"
    query = there if postgres else "select name from sqlite_master where type = 'trigger'"
    found = {row[0] for row in session.execute(text(query))}
    gone = sorted(_expected_triggers("postgresql" if postgres else "sqlite") - found)
    return [Finding("guards", "The database itself refuses what must never happen.", gone)] if gone else []


def _expected_triggers(dialect: str) -> set[str]:
    statements = [each for guard in GUARDS for each in guard_ddl(guard, dialect)]
    statements += [each for table in KEPT_WHOLE for each in append_only_ddl(table, dialect)]
    statements += booking_ddl.SQLITE if dialect == "sqlite" else []
    return {made[1] for each in statements if (made := _TRIGGER.match(each))}


def look(session: Session) -> list[Finding]:
    """Everything that is wrong, the file first."""
    try:
        return [*file_damage(session), *broken_promises(session)]
    except DatabaseError as error:
        if _is_postgres(session):
            raise
        return [torn_file([str(error.orig)])]


def file_damage(session: Session) -> list[Finding]:
    """What SQLite itself says of the file, and on both engines rows that point nowhere."""
    if _is_postgres(session):
        orphans, damage = _orphans(session), []
    else:
        damage = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        orphans = [f"{row[0]} {row[1]}" for row in session.execute(text("PRAGMA foreign_key_check"))]
    found = [torn_file(damage), Finding("keys", "No row points nowhere.", orphans)]
    return [finding for finding in found if finding.rows]


def torn_file(damage: list[str]) -> Finding:
    return Finding("file", "The database file is whole.", damage)


def _orphans(session: Session) -> list[str]:
    """PostgreSQL believes its keys; whoever switched them off, or restored a part, left rows that no key sees."""
    keys = [
        (table, key)
        for table in Base.metadata.sorted_tables
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint)
    ]
    return sorted(
        f"{table.name} {', '.join(key.column_keys)}"
        for table, key in keys
        if session.execute(_pointing_nowhere(table, key)).first()
    )


def _pointing_nowhere(table: Table, key: ForeignKeyConstraint) -> Select[int]:
    parent = key.referred_table.alias()
    pairs = [(element.parent, parent.c[element.column.name]) for element in key.elements]
    named = and_(*(child.is_not(None) for child, _there in pairs))
    there = exists().where(and_(*(child == parent_column for child, parent_column in pairs)))
    return select(literal(1)).select_from(table).where(named, ~there).limit(1)


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
