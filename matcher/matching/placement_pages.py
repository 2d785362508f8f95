"""Ready values for the page of a trial lesson: the classes of the school and the weeks to choose from."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.moments import coming_weeks
from matcher.clock import local_date
from matcher.matching.placement_forms import TrialForm
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests import policy, queries
from matcher.requests.models import Request
from matcher.requests.pages import week_choice
from matcher.requests.wording import class_line
from matcher.web.forms import choices


def trial_page(
    session: Session, actor: Actor, vacancy_id: int, offer_id: int, form: TrialForm, *, now: datetime
) -> dict[str, Any]:
    """Who comes from outside sees level and lessons of the classes, not what the school calls them."""
    vacancy, offer = session.get_one(Request, vacancy_id), session.get_one(Offer, offer_id)
    school = session.get_one(Organisation, vacancy.organisation_id)
    knows = policy.knows_colleagues(actor, school.id, school.region_id)
    classes = queries.classes_of(session, school.id)
    form.school_class.choices = choices((str(c.id), c.name if knows else class_line(c)) for c in classes)
    calendar = queries.timetable_from(session, school, now).calendar
    person = session.get(User, offer.person_id) if offer.person_id is not None else None
    return {
        "vacancy": vacancy,
        "offer": offer,
        "school": school,
        "person": person.name if person is not None and knows else "",
        "class_texts": {str(c.id): class_line(c) for c in classes} if knows else {},
        "weeks": [week_choice(week, form) for week in coming_weeks(local_date(now), calendar)[:16]],
    }
