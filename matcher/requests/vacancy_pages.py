"""Ready values for the page of a vacancy: choices of the form, and the line that says how much it is."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.availability.halfday_wording import half_day_name, half_day_table
from matcher.clock import local_date
from matcher.i18n import _, current_locale, format_day_month, ngettext
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.pages import level_choices, names_asker
from matcher.requests.vacancies import Term, VacancyWish, usual_term
from matcher.requests.vacancy_forms import VacancyForm
from matcher.requests.vacancy_services import leaders_of, terms_for
from matcher.requests.vacancy_wording import size_line
from matcher.subjects.queries import topics_by_type, topics_with_ids
from matcher.web.forms import choices

MORE = ("licence", "contracts", "pays", "language", "max_km", "years")


def start(form: VacancyForm, now: datetime) -> None:
    """What an empty form begins with: the term that schools look for at this time of the year."""
    form.first.data, form.last.data = usual_term(local_date(now))


def vacancy_page(
    session: Session, actor: Actor, school: Organisation, form: VacancyForm, *, draft: Request | None = None
) -> dict[str, Any]:
    """Fills the choices of the form and says everything around it."""
    leads = actor.has_in(Role.SCHOOL_LEAD, school.id, confirmed=False)
    people = [(str(person.id), person.name) for person in leaders_of(session, school.id)] if not leads else []
    form.offer_askers(people, _("Choose somebody"))
    form.level.choices = choices([("", _("Choose a level")), *level_choices(school)])
    return {
        "school": school,
        "draft": draft,
        "on_behalf": not leads and names_asker(actor, school, draft),
        "chosen_topics": topics_with_ids(session, form.topics.data or [], current_locale()),
        "topic_groups": topics_by_type(session, current_locale()),
        "more_open": any(form[name].errors for name in MORE),
        "half_days": half_day_table(),
        "plan": None,
    }


def plan_of(session: Session, school: Organisation, wish: VacancyWish, *, now: datetime) -> dict[str, Any] | None:
    """How much it comes to, and how often each half-day; None while days are missing."""
    terms = terms_for(session, school, wish)
    if not terms:
        return None
    return {"size": size_line(wish, terms), "half_days": [_line(term, now) for term in terms]}


def _line(term: Term, now: datetime) -> tuple[str, str]:
    first, last = term.visits[0].date, term.visits[-1].date
    times = ngettext("%(num)s time", "%(num)s times", len(term.visits))
    between = _("%(first)s to %(last)s", first=format_day_month(first, now), last=format_day_month(last, now))
    return half_day_name(term.half_day), f"{times}, {between}"
