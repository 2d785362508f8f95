"""The blueprint of this room, and for which school somebody asks. The pages register themselves on it."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from matcher.organisations.models import Organisation
from matcher.requests import queries
from matcher.requests.pages import school_choice
from matcher.requests.wanted_queries import wanted_offer
from matcher.web.forms import number_in
from matcher.web.guards import actor

blueprint = Blueprint("requests", __name__, url_prefix="/requests")
ASKERS = ("teacher", "school_lead", "coordinator")


def asking_school(session: Session) -> Organisation | None:
    """The school the address names, else the only one this person has; None when there is a choice to make."""
    named = number_in(request.args.get("school"))
    if "school" in request.args:
        return queries.school_for(session, actor(), named or 0)
    schools = queries.schools_of(session, actor())
    return schools[0] if len(schools) == 1 else None


def begin(session: Session, form: Any) -> None:
    """Filled in from the offer that the address names, when there is one."""
    view = wanted_offer(session, actor(), form.kind, number_in(request.args.get("offer")))
    if view is not None:
        form.first_offer.data, form.topic_text.data = str(view.offer.id), view.offer.title
        form.topics.data = [topic.id for topic in view.topics]


def ask_for_school(session: Session, to: str) -> Any:
    """The page on which a school is chosen; a search that leaves one school goes on at once."""
    choice = school_choice(session, actor(), request.args.get("q", "")[:100])
    if "jump" in request.args and choice["q"] and len(choice["schools"]) == 1:
        return redirect(url_for(to, school=choice["schools"][0].id, offer=request.args.get("offer")))
    return render_template("requests/choose_school.html", to=to, **choice)
