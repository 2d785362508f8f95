"""What is kept about one person, for themself: the rows that `privacy` calls theirs, one statement per table."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.privacy import OF_PEOPLE, Does, parameters_in
from matcher.db import Base

FILES = {
    "users": "account",
    "sessions": "signed_in",
    "login_tokens": "mailed_links",
    "grants": "roles",
    "second_contacts": "second_contacts",
    "mail_choices": "mail_choices",
    "mail_quotas": "invitations_sent",
    "refused_addresses": "refused_mail_address",
    "calendar_feeds": "calendar_link",
    "busy_calendars": "own_calendar_read",
    "weekly_patterns": "usual_week",
    "availability_exceptions": "absences_and_busy_times",
    "import_mappings": "spreadsheet_columns",
    "proofs": "proofs_seen",
    "blocks": "blocked",
    "reports_of_concern": "concerns_reported",
    "organisations": "working_for_oneself",
    "offers": "offers",
    "offer_revisions": "offers_earlier",
    "requests": "requests",
    "request_revisions": "requests_earlier",
    "match_events": "steps_taken",
    "messages": "messages",
    "visit_reports": "visit_reports",
    "runbook_versions": "preparations",
    "model_versions": "rankings_released",
    "outbox": "letters",
    "audit": "log",
}
"""Table → the name of its file."""
LEFT_OUT = {
    "command_results": "numbers of forms that were sent, for a day",
    "offer_words": "words of the offers, which are there",
    "offer_search": "a copy of the offers, which are there",
}
"""Tables whose rows say nothing that is not in another file."""
_INSTEAD = {
    # That somebody else blocked this person is not theirs to know; of links, keys and letters the times are enough.
    "blocks": "by_user_id = :person",
    "second_contacts": "user_id = :person",
    "login_tokens": "user_id = :person",
    "grants": "user_id = :person",
    "audit": "actor_id = :person",
    "match_events": "actor_id = :person or on_behalf_by_id = :person",
    "reports_of_concern": "by_id = :person",
}
_SECRET = frozenset(
    {"password_hash", "hash", "token_hash", "salt", "lease_token", "dedupe_key", "message_id", "email_key", "etag"}
)
_COLUMNS = {
    "sessions": ("created_at", "seen_at", "ends_at", "agent"),
    "login_tokens": ("purpose", "created_at", "expires_at", "used_at"),
    "outbox": ("created_at", "channel", "template", "state", "sent_at", "read_at", "address", "recipient_name"),
    "audit": ("at", "action", "object_type", "object_id"),
    "blocks": ("at", "ended_at"),
}


def own_rows(session: Session, user_id: int) -> dict[str, list[dict[str, Any]]]:
    """File → rows of column and value, for this person. As many statements for a small account as for a large one."""
    user = session.get_one(User, user_id)
    parameters = {"person": user.id, "person_text": str(user.id), "email_key": user.email_key}
    return {name: _rows(session, table, parameters) for table, name in FILES.items()}


def _rows(session: Session, name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    table, where = Base.metadata.tables[name], _INSTEAD.get(name) or _whose(name)
    columns = _COLUMNS.get(name) or [column.name for column in table.columns if column.name not in _SECRET]
    used = {key: parameters[key] for key in parameters_in(where)}
    query = select(*(table.c[column] for column in columns)).where(text(f"({where})").bindparams(**used))
    return [dict(row) for row in session.execute(query.order_by(*table.primary_key.columns)).mappings()]


def _whose(name: str) -> str:
    """The rows that erasing changes or takes away; not those in which others merely name this person."""
    own = [rule.where for rule in OF_PEOPLE[name] if rule.where and not (rule.does is Does.WORDS and rule.values)]
    return " or ".join(f"({where})" for where in dict.fromkeys(own))
