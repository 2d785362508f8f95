"""The words people use for roles in their lists. Pure."""

import re
from typing import Any

from matcher.accounts.states import Role
from matcher.i18n import _l
from matcher.subjects.words import fold

LABELS: dict[Role, Any] = {
    Role.TEACHER: _l("teacher"),
    Role.SCHOOL_LEAD: _l("school leader"),
    Role.PROFESSIONAL: _l("guest teacher"),
    Role.COMPANY_CONTACT: _l("contact of the company"),
}
_LEAD = re.compile(
    r"schoolleid|directeur|directrice|rector|teamleid|afdelingsleid|locatieleid|school.?lead|leidinggev|head"
)
_TEACHER = re.compile(r"docent|leraar|lerares|leerkracht|teacher|mentor|decaan|juf|meester")
_CONTACT = re.compile(r"contact|\bhr\b|personeelszaken|p&o|communicatie|secretar|office|receptie|company_contact")
_GUEST = re.compile(r"gast|professional|vakman|vakvrouw|spreker|guest|vrijwilliger|expert")


def role_said(text: str, *, at_school: bool) -> Role | None:
    """The role this text names at such an organisation; None when it names none."""
    said = fold(text)
    if not said:
        return None
    if at_school:
        return Role.SCHOOL_LEAD if _LEAD.search(said) else Role.TEACHER if _TEACHER.search(said) else None
    return Role.COMPANY_CONTACT if _CONTACT.search(said) else Role.PROFESSIONAL if _GUEST.search(said) else None
