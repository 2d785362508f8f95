"""A word given through a coordinator, in words for the history. Pure, in the current language."""

from collections.abc import Mapping
from typing import Any

from matcher.accounts.behalf import How
from matcher.i18n import _, _l
from matcher.matching.states import Side

HOW_WORDS = {How.PHONE: _l("by phone"), How.MAIL: _l("by mail"), How.IN_PERSON: _l("in person")}


def how_words(details: Mapping[str, Any]) -> str:
    """By phone, by mail, in person; unknown ones of other versions are left out."""
    code = details.get("how")
    return str(HOW_WORDS[How(code)]) if code in set(How) else ""


def who_said(who: str, event: Any, people: Mapping[int, Any]) -> str:
    """Behind the person's name who wrote it down and how it came; an employer is named as the link was mailed."""
    if event.role is Side.EMPLOYER:
        return str(event.details.get("employer") or _("The employer"))
    noted_by = people.get(event.on_behalf_by_id or 0)
    if noted_by is None:
        return who
    how = how_words(event.details)
    if not how:
        return _("%(who)s, noted by %(by)s", who=who, by=noted_by.name)
    return _("%(who)s %(how)s, noted by %(by)s", who=who, how=how, by=noted_by.name)
