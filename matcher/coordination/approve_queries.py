"""The queue of matches that wait for approval. A fixed number of statements."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.coordination.cockpit import QueueItem, is_late, waited
from matcher.coordination.sending_on import SentOnLine, is_with
from matcher.coordination.sent_on_queries import lines_for
from matcher.coordination.wording import taken_words, where_words
from matcher.i18n import _, format_weekday, ngettext
from matcher.matching.list_queries import MatchRow, match_rows
from matcher.matching.queries import matches_awaiting_approval

SHORT_DAY = "EEE d MMM"


def approval_queue(session: Session, actor: Actor, now: datetime) -> list[QueueItem]:
    """Both said yes: what was sent on to this person first, then the one that has waited longest."""
    rows = match_rows(session, matches_awaiting_approval(session, actor.region_ids), actor, now)
    lines = lines_for(session, [row.id for row in rows])
    items = [_item(row, lines.get(row.id), actor, now) for row in rows]
    return sorted(items, key=lambda item: not item.is_mine)


def _item(row: MatchRow, line: SentOnLine | None, actor: Actor, now: datetime) -> QueueItem:
    return QueueItem(
        id=row.id,
        title=row.title,
        who=f"{row.guest or row.company} → {row.school}",
        when=format_weekday(row.facts.starts, SHORT_DAY) if row.facts.starts else "",
        waits=waits_label(row.changed_at, now),
        late=is_late(row.changed_at, row.facts.starts, now),
        sent_on="" if line is None else taken_words(line, actor) or where_words(line),
        is_mine=line is not None and is_with(line, actor),
    )


def waits_label(since: datetime, now: datetime) -> str:
    """How long already, short enough for a list."""
    unit, count = waited(since, now)
    if unit == "day":
        return ngettext("waits %(num)s day", "waits %(num)s days", count)
    if unit == "hour":
        return ngettext("waits %(num)s hour", "waits %(num)s hours", count)
    return _("just now") if count < 2 else ngettext("waits %(num)s minute", "waits %(num)s minutes", count)
