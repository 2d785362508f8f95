"""How dashboard lines are said: the state in a word or two, and what the reader can do. Pure."""

from datetime import datetime
from typing import Any

from matcher.availability.states import Kind
from matcher.home.board import BoardMatch, BoardRequest
from matcher.i18n import _, _l, clock_text, format_day_month, ngettext
from matcher.matching.labels import KINDS
from matcher.matching.states import MatchState, Side
from matcher.requests.states import RequestState

STATES = {
    MatchState.PROPOSED: _l("Waits for an answer"),
    MatchState.ACCEPTED: _l("Both sides said yes"),
    MatchState.APPROVED: _l("Approved"),
    MatchState.HELD: _l("Took place"),
    MatchState.MISSED: _l("Did not take place"),
    MatchState.DECLINED: _l("Said no"),
    MatchState.EXPIRED: _l("No answer"),
    MatchState.WITHDRAWN: _l("Withdrawn"),
    MatchState.REJECTED: _l("Not approved"),
    MatchState.CANCELLED: _l("Cancelled"),
    MatchState.SUPERSEDED: _l("Somebody else is coming"),
}
WAITS_FOR = {
    Side.SCHOOL: _l("The school answers"),
    Side.COMPANY: _l("The guest answers"),
    Side.EMPLOYER: _l("The employer answers"),
    Side.COORDINATOR: _l("The coordinator decides"),
    Side.SYSTEM: _l("Matcher is at work"),
}


def match_row(line: BoardMatch, url: str) -> dict[str, Any]:
    """Values for `ui.row_item`."""
    return {
        "title": line.title or str(KINDS[line.kind]),
        "url": url,
        "meta": " · ".join(part for part in (_kind(line.kind), line.guest, line.partner, _moment(line)) if part),
        "state": "wait" if line.is_mine else line.state,
        "state_label": _task(line) if line.is_mine else _stands(line),
        "when": _until(line.expires_at, line.seen) if line.expires_at else None,
    }


def request_row(line: BoardRequest, url: str) -> dict[str, Any]:
    """Values for `ui.row_item`."""
    if line.state is RequestState.DRAFT:
        state, label = "draft", _("Kept until confirmed") if line.held_back else _("Draft")
    elif line.needs_choice:
        state, label = "wait", _("Choose whom to ask")
    elif line.asked:
        state, label = "wait", _asked(line)
    else:
        state, label = "yes", _("The coordinator decides")
    meta = " · ".join(part for part in (_kind(line.kind), _last(line)) if part) or None
    return {"title": line.title or _("Request without a title"), "url": url, "meta": meta, "state": state,
            "state_label": label, "when": None}  # fmt: skip


def _kind(kind: Kind) -> str:
    """Named where it is something else than a lesson."""
    return "" if kind is Kind.GUEST_LECTURE else str(KINDS[kind])


def _asked(line: BoardRequest) -> str:
    if line.kind is Kind.TEACHER_INTERNSHIP:
        return ngettext("%(num)s company asked", "%(num)s companies asked", line.asked)
    return ngettext("%(num)s person asked", "%(num)s people asked", line.asked)


def _last(line: BoardRequest) -> str:
    if line.last_day is None:
        return ""
    if line.kind is Kind.GUEST_LECTURE:
        return _("last moment: %(day)s", day=format_day_month(line.last_day, line.seen))
    return _("until %(day)s", day=format_day_month(line.last_day, line.seen))


def _task(line: BoardMatch) -> str:
    if line.ended and line.state is MatchState.APPROVED:
        return _("Did it take place?")
    return _("Answer") if line.state is MatchState.PROPOSED else _("Your turn")


def _stands(line: BoardMatch) -> str:
    if line.state in {MatchState.PROPOSED, MatchState.ACCEPTED} and len(line.turn) == 1:
        side = min(line.turn)
        if side is Side.COMPANY and line.kind is Kind.TEACHER_INTERNSHIP:
            return _("The company answers")
        return str(WAITS_FOR[side])
    if line.ended and line.state is MatchState.APPROVED:
        return _("Not known yet how it went")
    return line.stands if line.state is MatchState.APPROVED and line.stands else str(STATES[line.state])


def _moment(line: BoardMatch) -> str:
    """A lesson has a time; days and half-days begin on a day."""
    if line.day is None:
        return ""
    day = format_day_month(line.day, line.seen)
    if line.kind is not Kind.GUEST_LECTURE:
        return _("from %(day)s", day=day)
    return _("%(day)s at %(time)s", day=day, time=clock_text(line.starts)) if line.starts else day


def _until(moment: datetime, seen: datetime | None) -> str:
    return _("answer by %(day)s", day=format_day_month(moment, seen))
