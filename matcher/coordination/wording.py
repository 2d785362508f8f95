"""Codes of this room as words for people. Pure, in the current language."""

from typing import Any

from matcher.accounts.policy import Actor
from matcher.coordination.sending_on import SentOnLine, SentOnReason
from matcher.i18n import _, _l, format_day_month, ngettext
from matcher.regions.policy import (
    ALL_BUT_FIRST,
    AS_ABOVE,
    BY_HAND,
    KNOWN_PAIRS,
    SPREAD_LITTLE,
    SPREAD_MORE,
    SPREAD_OFF,
)

APPROVALS: dict[str, Any] = {
    BY_HAND: _l("By hand: you look at every match"),
    KNOWN_PAIRS: _l("By rule when this guest came to this school before"),
    ALL_BUT_FIRST: _l("By rule, but for the first time of a school or a company"),
    AS_ABOVE: _l("As the level above has it"),
}


SPREADS: dict[str, Any] = {
    SPREAD_OFF: _l("Off: whoever fits best stands first"),
    SPREAD_LITTLE: _l("A little"),
    SPREAD_MORE: _l("More"),
    AS_ABOVE: _l("As the level above has it"),
}


STEPS: dict[str, Any] = {
    "coordinator_named": _l("named coordinator"),
    "stand_in_named": _l("named stand-in"),
    "grant_begun": _l("began as stand-in"),
    "grant_ended": _l("role ended"),
    "grant_put_back": _l("put back"),
}
TONES = {"grant_ended": "over", "coordinator_named": "done", "stand_in_named": "done", "grant_put_back": "done"}


def approval_words(value: Any) -> Any:
    return APPROVALS.get(AS_ABOVE if value is None else str(value), value)


def spread_words(value: Any) -> Any:
    return SPREADS.get(AS_ABOVE if value is None else str(value), value)


def step_words(action: str) -> Any:
    """What happened to somebody's role, behind their name."""
    return STEPS.get(action, action)


def where_words(line: SentOnLine) -> str:
    """To whom an approval went, and when; short enough for a list."""
    day = format_day_month(line.sent_at)
    if not line.region:
        return _("sent on to the administrators on %(day)s", day=day)
    if line.stand_in:
        return _("sent on to the stand-in on %(day)s", day=day)
    return _("sent on to %(region)s on %(day)s", region=line.region, day=day)


def taken_words(line: SentOnLine, reader: Actor) -> str:
    """Who took it and when; empty while nobody did."""
    if line.taken_at is None:
        return ""
    day = format_day_month(line.taken_at)
    if line.taken_by_id == reader.user_id:
        return _("you took it on %(day)s", day=day)
    return _("%(name)s took it on %(day)s", name=line.taken_by or _("somebody"), day=day)


def story_words(line: SentOnLine, waited_days: int, reader: Actor) -> str:
    """How long it waits, where it went and why, in sentences."""
    waits = ngettext("Waits %(num)s working day.", "Waits %(num)s working days.", waited_days)
    return " ".join([waits, _went(line), *_took(line, reader)])


def _went(line: SentOnLine) -> str:
    day, names = format_day_month(line.sent_at), ", ".join(line.names)
    values: dict[str, Any] = {"day": day, "names": names, "why": str(WHY_SENT_ON[line.reason])}
    if not line.region:
        return _("Sent on to the administrators (%(names)s) on %(day)s: %(why)s.", **values)
    if line.stand_in:
        return _("Sent on to the stand-in (%(names)s) on %(day)s: %(why)s.", **values)
    return _("Sent on to %(region)s (%(names)s) on %(day)s: %(why)s.", region=line.region, **values)


def _took(line: SentOnLine, reader: Actor) -> list[str]:
    if line.taken_at is None:
        return []
    day = format_day_month(line.taken_at)
    if line.taken_by_id == reader.user_id:
        return [_("You took it on %(day)s.", day=day)]
    return [_("%(name)s took it on %(day)s.", name=line.taken_by or _("Somebody"), day=day)]


WHY_SENT_ON: dict[SentOnReason, Any] = {
    SentOnReason.WAITED: _l("nobody decided in time"),
    SentOnReason.VISIT_NEAR: _l("the visit is near"),
    SentOnReason.AWAY: _l("everybody who decides is away"),
}
