"""What stands in the mail with everything together: one line for each notice that still holds, by what it is about."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matcher.notices.letters import Letters, Unreadable
from matcher.notices.models import Outbox

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Digest:
    """Values for the template, and the notices that are in it and that no longer hold."""

    params: dict[str, Any]
    sent: tuple[int, ...]
    withheld: tuple[int, ...]


def digest_of(parts: Sequence[Outbox], letters: Letters, locale: str, is_true: Callable[[Outbox], bool]) -> Digest:
    """The notices in the order in which things happened; those about one thing stand together.

    One that cannot be read any more is left out and stays in the inbox: it must not keep the others.
    """
    groups: dict[tuple[str, Any], dict[str, Any]] = {}
    sent, withheld = [], []
    for part in parts:
        line = _line(part, letters, locale) if is_true(part) else None
        if line is None:
            withheld.append(part.id)
            continue
        sent.append(part.id)
        title = str(part.params.get("title") or "")
        line["subject"] = line["subject"].removesuffix(f": {title}")
        about = (part.subject, part.params.get("match_id") or part.subject_id)
        groups.setdefault(about, {"title": title, "lines": []})["lines"].append(line)
    params = {"groups": list(groups.values()), "count": len(sent)}
    return Digest(params, tuple(sent), tuple(withheld))


def _line(part: Outbox, letters: Letters, locale: str) -> dict[str, Any] | None:
    try:
        found = letters.summary(part.template, part.params, locale=locale, name=part.recipient_name)
    except Unreadable:
        log.exception("notice %s cannot be read", part.id)
        return None
    return {"subject": found.subject, "path": found.path, "told_at": part.created_at.isoformat()}
