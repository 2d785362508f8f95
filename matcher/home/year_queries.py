"""What was given and reached this school year, for those who may know: oneself, a contact, a leader."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.i18n import _, format_number, ngettext
from matcher.matching.given_queries import Given, given_by_company, given_by_person, given_to_school
from matcher.organisations.models import Organisation


def year_totals(session: Session, actor: Actor, now: datetime) -> list[tuple[str, str]]:
    """(who, in words) for everything of which something was held."""
    found: list[tuple[str, Given]] = []
    if actor.user_id is not None:
        found.append((_("You"), given_by_person(session, actor.user_id, now)))
    for role, given in ((Role.COMPANY_CONTACT, given_by_company), (Role.SCHOOL_LEAD, given_to_school)):
        mine = [grant.organisation_id for grant in actor.grants if grant.role is role and grant.confirmed]
        query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(mine)).order_by(Organisation.name)
        found += [(name, given(session, place_id, now)) for place_id, name in session.execute(query) if mine]
    return [(who, _words(given)) for who, given in found if given.visits]


def _words(given: Given) -> str:
    parts = [
        ngettext("%(num)s visit", "%(num)s visits", given.visits),
        ngettext("%(num)s pupil", "%(num)s pupils", given.pupils) if given.pupils else "",
        _("%(num)s hours", num=format_number(round(given.hours, 1))) if given.hours else "",
    ]
    return " · ".join(part for part in parts if part)
