"""Internships between a request and a place, in the reader's words. No rules here."""

from collections.abc import Iterable

from matcher.i18n import _
from matcher.matching.eligibility import OPEN_STATES, MomentState


def suits_label(states: Iterable[str]) -> str:
    """`11 van 12 dagdelen kunnen`; nothing when none was asked."""
    found = [MomentState(state) in OPEN_STATES for state in states]
    if not found:
        return ""
    return _("%(open)s of %(all)s half-days suit", open=sum(found), all=len(found))
