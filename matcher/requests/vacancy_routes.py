"""The page on which a school asks for a hybrid teacher: new, as a draft, sent on to be published."""

from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for

from matcher.accounts.states import Role
from matcher.clock import utcnow
from matcher.errors import Conflict, InvalidInput, MatcherError, NotFound
from matcher.organisations.models import Organisation
from matcher.requests import queries, vacancy_services
from matcher.requests.along_pages import say_kept, topics_typed, with_change
from matcher.requests.along_services import keep_draft
from matcher.requests.complete_services import require_complete
from matcher.requests.models import Request
from matcher.requests.pages import school_choice
from matcher.requests.school_routes import asking_school, begin, blueprint
from matcher.requests.vacancy_forms import VacancyForm
from matcher.requests.vacancy_pages import plan_of, start, vacancy_page
from matcher.web.forms import invalid
from matcher.web.guards import actor, roles
from matcher.web.once import leads_to
from matcher.web.transaction import reading, writing

LEADERS = ("school_lead", "coordinator")
FORM = "requests/vacancy.html"


@blueprint.get("/new/vacancy")
@roles(*LEADERS)
def new_vacancy() -> Any:
    session, now = reading(), utcnow()
    school = _school()
    if school is None:
        found = school_choice(session, actor(), request.args.get("q", "")[:100])
        return render_template("requests/choose_school.html", to="requests.new_vacancy", **found)
    form = VacancyForm(formdata=None)
    start(form, now)
    begin(session, form)
    return render_template(FORM, form=form, **vacancy_page(session, actor(), school, form))


@blueprint.post("/new/vacancy")
@roles(*LEADERS)
def create_vacancy() -> Any:
    school = _school()
    if school is None:
        return redirect(url_for("requests.new_vacancy"))
    return save(school, None)


def shown(draft: Request) -> str:
    """A draft that this person may change."""
    session = reading()
    school = session.get_one(Organisation, draft.organisation_id)
    form, wish = VacancyForm(formdata=None), vacancy_services.vacancy_wish(session, draft)
    form.show(wish)
    form.version.data = str(draft.version)
    form.show_asker(draft.asked_by_id, draft.details)
    page = vacancy_page(session, actor(), school, form, draft=draft)
    return render_template(FORM, form=form, **page | {"plan": plan_of(session, school, wish, now=utcnow())})


def _school() -> Organisation | None:
    school = asking_school(reading())
    return None if school is None else _led(school)


def _led(school: Organisation) -> Organisation:
    """A teacher of the school asks its leader. Raises NotFound."""
    leads = actor().has_in(Role.SCHOOL_LEAD, school.id, confirmed=False)
    if not leads and not actor().is_coordinator_of(school.region_id):
        raise NotFound()
    return school


def save(school: Organisation, draft: Request | None) -> Any:
    """Save what was typed; with `go` it must be complete and is sent on to be published."""
    form, now, go = VacancyForm(), utcnow(), "go" in request.form
    session = reading()
    topic_ids = topics_typed(session, form)
    vacancy_page(session, actor(), school, form, draft=draft)
    valid = form.validate()
    complete = form.require(recognised=bool(topic_ids)) if go else True
    if valid and complete:
        try:
            saved_id = _write(school, draft, form, topic_ids, now, go=go)
        except (InvalidInput, Conflict) as refusal:
            return _refused(school, draft, form, topic_ids, refusal)
        if go:
            # The browser sends the same form on, token included: publishing has its own route in `matching`.
            return redirect(url_for("matching.publish_request", request_id=saved_id), 307)
        say_kept()
        return redirect(url_for("requests.edit_draft", request_id=saved_id))
    form.topics.data = list(topic_ids)
    return invalid(FORM, form, **vacancy_page(reading(), actor(), school, form, draft=draft))


def _write(
    school: Organisation,
    draft: Request | None,
    form: VacancyForm,
    topic_ids: tuple[int, ...],
    now: datetime,
    *,
    go: bool,
) -> int:
    person, school_id, wish = actor(), school.id, with_change(form.wish(topic_ids))
    sent = form.sending(draft.id if draft else None, now)
    with writing() as session:
        saved = keep_draft(session, actor=person, now=now, organisation_id=school_id, data=wish, sent=sent)
        if go:
            require_complete(session, saved, now=now)
        leads_to(url_for("requests.edit_draft", request_id=saved.id))
        return saved.id


def _refused(
    school: Organisation, draft: Request | None, form: VacancyForm, topic_ids: tuple[int, ...], refusal: MatcherError
) -> Any:
    """The page again with everything that was typed; an out-of-date page says so and may be saved again."""
    session = reading()
    form.refuse(refusal if isinstance(refusal, InvalidInput) else InvalidInput(refusal.message))
    form.topics.data = list(topic_ids)
    if draft is not None:
        draft = queries.draft_for(session, actor(), draft.id)
        form.version.data = str(draft.version)
    page = vacancy_page(session, actor(), school, form, draft=draft)
    return render_template(FORM, form=form, **page), refusal.status
