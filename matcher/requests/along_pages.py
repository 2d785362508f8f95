"""What the page of any kind comes to while it is typed: its wish and its plan, as its buttons would make them."""

from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.i18n import _
from matcher.organisations.models import Organisation
from matcher.requests import queries, services
from matcher.requests.asking import Wish
from matcher.requests.draft_forms import DraftFields
from matcher.requests.drafts import AnyWish
from matcher.requests.forms import GuestLectureForm
from matcher.requests.internship_forms import InternshipForm
from matcher.requests.pages import plan_view
from matcher.requests.vacancies import VacancyWish
from matcher.requests.vacancy_forms import VacancyForm
from matcher.requests.vacancy_pages import plan_of
from matcher.requests.widening import widened
from matcher.web.forms import number_in
from matcher.web.toasts import toast

MOST_TOPICS = 40
CHANGE = "change"
FORMS: dict[Kind, type[GuestLectureForm] | type[InternshipForm] | type[VacancyForm]] = {
    form.kind: form for form in (GuestLectureForm, InternshipForm, VacancyForm)
}


def topics_typed(session: Session, form: Any) -> tuple[int, ...]:
    """What was ticked, else what the typed text is about."""
    ticked = tuple(dict.fromkeys(form.topics.data or ()))[:MOST_TOPICS]
    return ticked or queries.recognised_topics(session, form.topic_text.data or "")


def lecture_wish(session: Session, form: GuestLectureForm, topic_ids: tuple[int, ...], class_id: int | None) -> Wish:
    pupils = queries.pupils_of(session, [class_id, *(form.also_classes.data or ())])
    return form.wish(class_id=class_id, pupils=pupils or None, topic_ids=topic_ids)


def wish_typed(session: Session, actor: Actor, form: Any) -> AnyWish:
    """As the buttons would send it; a class that is still typed is made by them and not here."""
    topic_ids = topics_typed(session, form)
    if not isinstance(form, GuestLectureForm):
        wish: AnyWish = form.wish(topic_ids)
        return wish
    class_id = None if form.wants_new_class else number_in(form.school_class.data)
    if class_id is not None:
        queries.class_for(session, actor, class_id)
    return lecture_wish(session, form, topic_ids, class_id)


def says_something(form: DraftFields, wish: AnyWish) -> bool:
    """A page that was only opened makes no draft."""
    return any(getattr(wish, name) for name in form.begins)


def plan_typed(session: Session, school: Organisation, wish: AnyWish, *, now: datetime) -> dict[str, Any] | None:
    """The moments of a lesson, the half-days of a term; the days of an internship have a line of their own."""
    if isinstance(wish, VacancyWish):
        return plan_of(session, school, wish, now=now)
    if isinstance(wish, Wish) and wish.class_id and wish.weeks:
        return plan_view(services.plan_for_wish(session, school, wish, now=now), wish.without)
    return None


def with_change(wish: AnyWish) -> AnyWish:
    """With the change of the pressed button filled in, where it was one."""
    return widened(wish, request.form.get(CHANGE, "")) or wish


def say_kept() -> None:
    if CHANGE in request.form:
        toast(_("Filled in and kept as a draft. Look whether it suits you."))
    else:
        toast(_("Saved as a draft. Nobody sees it yet."))
