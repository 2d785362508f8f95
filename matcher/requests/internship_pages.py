"""Ready values for the page that asks for an internship."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.halfday_wording import half_day_table
from matcher.availability.halfdays import fits
from matcher.availability.moments import Moment
from matcher.i18n import _, current_locale, format_day_month, ngettext
from matcher.organisations.models import Organisation
from matcher.requests import queries
from matcher.requests.internship_forms import InternshipForm, half_days_needed
from matcher.requests.internships import InternshipWish, asked_of
from matcher.requests.models import Request
from matcher.requests.pages import names_asker
from matcher.subjects.queries import topics_by_type, topics_with_ids

MORE = ("max_km", "language", "costs")


def internship_page(
    session: Session,
    actor: Actor,
    school: Organisation,
    form: InternshipForm,
    *,
    preview: dict[str, Any],
    draft: Request | None = None,
) -> dict[str, Any]:
    """Fills the choices of the form and says everything around it."""
    on_behalf = names_asker(actor, school, draft)
    people = queries.teachers_for(session, actor, school) if on_behalf else []
    form.offer_askers([(str(one.id), one.name) for one in people], _("Choose somebody"))
    return {
        "school": school,
        "draft": draft,
        "on_behalf": on_behalf,
        "half_days": half_day_table(),
        "chosen_topics": topics_with_ids(session, form.topics.data or [], current_locale()),
        "topic_groups": topics_by_type(session, current_locale()),
        "more_open": any(form[name].errors or form[name].data not in (None, "", "nl") for name in MORE),
        "preview": preview,
    }


def preview_of(wish: InternshipWish, half_days: Sequence[Moment], *, now: datetime) -> dict[str, Any]:
    """What the typed days come to: how many half-days are asked, and of how many they can be chosen."""
    if wish.first is None or wish.last is None:
        return {"text": _("Choose from which day until which day; then you see what is possible."), "enough": True}
    needed = half_days_needed(wish)
    asked = ngettext("That makes %(num)s half-day", "That makes %(num)s half-days", needed)
    first, last = (format_day_month(day, now) for day in (wish.first, wish.last))
    between = _("between %(first)s and %(last)s", first=first, last=last)
    out_of = ngettext("%(num)s half-day can be chosen", "%(num)s half-days can be chosen", len(half_days))
    enough = fits([(each.start_s, each.end_s) for each in half_days], asked_of(wish.hours, wish.details))
    short = "" if enough else " " + _("That is too few: choose a longer time or more half-days.")
    return {"text": f"{asked} {between}; {out_of}.{short}", "enough": enough}
