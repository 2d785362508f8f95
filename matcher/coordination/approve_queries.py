"""The queue of matches that wait for approval. A fixed number of statements."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.coordination.cockpit import QueueItem, is_late, waited
from matcher.i18n import _, format_weekday, ngettext
from matcher.matching.list_queries import MatchRow, match_rows
from matcher.matching.queries import matches_awaiting_approval

SHORT_DAY = "EEE d MMM"


def approval_queue(session: Session, actor: Actor, now: datetime) -> list[QueueItem]:
    """Both said yes; the one that has waited longest first."""
    rows = match_rows(session, matches_awaiting_approval(session, actor.region_ids), actor, now)
    return [_item(row, now) for row in rows]


def _item(row: MatchRow, now: datetime) -> QueueItem:
    return QueueItem(
        id=row.id,
        title=row.title,
        who=f"{row.guest or row.company} → {row.school}",
        when=format_weekday(row.facts.starts, SHORT_DAY) if row.facts.starts else "",
        waits=waits_label(row.changed_at, now),
        late=is_late(row.changed_at, row.facts.starts, now),
    )


def waits_label(since: datetime, now: datetime) -> str:
    """How long already, short enough for a list."""
    unit, count = waited(since, now)
    if unit == "day":
        return ngettext("waits %(num)s day", "waits %(num)s days", count)
    if unit == "hour":
        return ngettext("waits %(num)s hour", "waits %(num)s hours", count)
    return _("just now") if count < 2 else ngettext("waits %(num)s minute", "waits %(num)s minutes", count)
