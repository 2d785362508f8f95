"""A school's requests: the list, the one page that asks for a guest lecture, drafts, classes.

Sending a request, its candidates and everything after belong to `matching`.
"""

from datetime import datetime
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from matcher.accounts.behalf_forms import KEPT
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.errors import Conflict, InvalidInput, MatcherError
from matcher.i18n import _
from matcher.organisations.models import Organisation
from matcher.requests import class_services, internship_routes, queries, services, vacancy_routes
from matcher.requests.along_pages import lecture_wish, say_kept, topics_typed, with_change
from matcher.requests.along_services import keep_draft
from matcher.requests.asking import weekly_from_rows
from matcher.requests.complete_services import copy_draft
from matcher.requests.forms import ClassForm, GuestLectureForm
from matcher.requests.models import Request
from matcher.requests.pages import class_page, form_page, list_page
from matcher.requests.school_routes import ASKERS, ask_for_school, asking_school, begin, blueprint
from matcher.web.forms import invalid, number_in
from matcher.web.guards import actor, roles
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

__all__ = ["blueprint", "internship_routes", "vacancy_routes"]

FORM = "requests/guest_lecture.html"
CLASS = "requests/class.html"


@blueprint.get("")
@roles(*ASKERS)
def index() -> str:
    now = utcnow()
    found = queries.requests_of(reading(), actor(), now=now)
    # Who has the ball follows from matches, a room to the right: create_app hands the answer over.
    standings = current_app.extensions["matcher_request_standing"](reading(), found, actor=actor(), now=now)
    return render_template("requests/index.html", **list_page(reading(), actor(), found, standings, now=now))


@blueprint.get("/new/guest-lecture")
@roles(*ASKERS)
def new_guest_lecture() -> Any:
    session, now = reading(), utcnow()
    school = asking_school(session)
    if school is None:
        return ask_for_school(session, "requests.new_guest_lecture")
    form = GuestLectureForm(formdata=None)
    form.recall(cookie.get(KEPT), now)
    begin(session, form)
    return render_template(FORM, form=form, **form_page(session, actor(), school, form, now=now))


@blueprint.post("/new/guest-lecture")
@roles(*ASKERS)
def create_guest_lecture() -> Any:
    session = reading()
    school = asking_school(session)
    if school is None:
        return redirect(url_for(".new_guest_lecture"))
    return _save(school, None)


@blueprint.get("/<int:request_id>/edit")
@roles(*ASKERS)
def edit_draft(request_id: int) -> str:
    session, now = reading(), utcnow()
    draft = queries.draft_for(session, actor(), request_id)
    if draft.kind is Kind.TEACHER_INTERNSHIP:
        return internship_routes.shown(draft)
    if draft.kind is Kind.HYBRID_PLACEMENT:
        return vacancy_routes.shown(draft)
    school = session.get_one(Organisation, draft.organisation_id)
    form = GuestLectureForm(formdata=None)
    wish = queries.wish_of(session, draft)
    form.show(wish)
    form.version.data = str(draft.version)
    form.show_asker(draft.asked_by_id, draft.details)
    plan = services.plan_for_wish(session, school, wish, now=now)
    page = form_page(session, actor(), school, form, now=now, draft=draft, plan=plan, without=wish.without)
    return render_template(FORM, form=form, **page)


@blueprint.post("/<int:request_id>/edit")
@roles(*ASKERS)
def save_draft(request_id: int) -> Any:
    session = reading()
    draft = queries.draft_for(session, actor(), request_id)
    school = session.get_one(Organisation, draft.organisation_id)
    if draft.kind is Kind.HYBRID_PLACEMENT:
        return vacancy_routes.save(school, draft)
    return internship_routes.save(school, draft) if draft.kind is Kind.TEACHER_INTERNSHIP else _save(school, draft)


@blueprint.post("/<int:request_id>/copy")
@roles(*ASKERS)
def copy(request_id: int) -> Response:
    """Once more, perhaps with the days or the class left open."""
    person, now, leave_open = actor(), utcnow(), request.form.getlist("leave_open")
    kind = queries.request_for(reading(), person, request_id).kind
    with writing() as session:
        draft_id = copy_draft(session, actor=person, now=now, request_id=request_id, leave_open=leave_open).id
        leads_to(url_for(".edit_draft", request_id=draft_id))
    is_lesson = kind is Kind.GUEST_LECTURE
    toast(_("Copied. Choose new weeks and send it.") if is_lesson else _("Copied. Choose the days and send it."))
    return redirect(url_for(".edit_draft", request_id=draft_id))


@blueprint.post("/<int:request_id>/discard")
@roles(*ASKERS)
def discard(request_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        services.discard_draft(session, actor=person, now=now, request_id=request_id)
    toast(_("The draft is gone."), undo=url_for(".restore", request_id=request_id))
    return redirect(url_for(".index"))


@blueprint.post("/<int:request_id>/restore")
@roles(*ASKERS)
def restore(request_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        services.restore_draft(session, actor=person, now=now, request_id=request_id)
    toast(_("Your draft is back."))
    return redirect(url_for(".edit_draft", request_id=request_id))


@blueprint.get("/classes/<int:class_id>")
@roles(*ASKERS)
def edit_class(class_id: int) -> str:
    session, form = reading(), ClassForm(formdata=None)
    found = queries.class_for(session, actor(), class_id)
    form.new_name.data, form.new_level.data = found.name, found.level
    form.new_year.data, form.new_size.data = found.year, found.size
    form.tick(weekly_from_rows(found.weekly_periods))
    return render_template(CLASS, form=form, **class_page(session, found, form, now=utcnow()))


@blueprint.post("/classes/<int:class_id>")
@roles(*ASKERS)
def save_class(class_id: int) -> Any:
    form, now, person = ClassForm(), utcnow(), actor()
    found = queries.class_for(reading(), person, class_id)
    if form.validate():
        try:
            with writing() as session:
                class_services.update_class(session, actor=person, now=now, class_id=class_id, **form.class_values())
        except InvalidInput as refusal:
            form.refuse(refusal)
        else:
            toast(_("The class is saved. Requests you already sent stay as they are."))
            return redirect(url_for(".new_guest_lecture", school=found.organisation_id))
    return invalid(CLASS, form, **class_page(reading(), found, form, now=now))


@blueprint.post("/classes/<int:class_id>/end")
@roles(*ASKERS)
def end_class(class_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        class_services.end_class(session, actor=person, now=now, class_id=class_id)
    toast(_("The class is not shown any more."), undo=url_for(".restore_class", class_id=class_id))
    return redirect(url_for(".index"))


@blueprint.post("/classes/<int:class_id>/restore")
@roles(*ASKERS)
def restore_class(class_id: int) -> Response:
    person = actor()
    with writing() as session:
        class_services.restore_class(session, actor=person, class_id=class_id)
    toast(_("The class is back."))
    return redirect(url_for(".index"))


def _save(school: Organisation, draft: Request | None) -> Any:
    """Save what was typed; with `go` or `another` it must be complete and is sent on to be published."""
    form, now, another = GuestLectureForm(), utcnow(), "another" in request.form
    go = another or "go" in request.form
    topic_ids = topics_typed(reading(), form)
    valid = form.validate()
    complete = form.require(recognised=bool(topic_ids)) if go else True
    if valid and complete:
        try:
            saved_id = _write(school, draft, form, topic_ids, now, go=go)
        except (InvalidInput, Conflict) as refusal:
            return _refused(school, draft, form, refusal, now)
        if form.asked_by.data:
            cookie[KEPT] = form.kept(now)
        if another:
            return redirect(url_for("coordination.post_request", request_id=saved_id), 307)
        if go:
            # The browser sends the same form on, token included: publishing has its own route in `matching`.
            return redirect(url_for("matching.publish_request", request_id=saved_id), 307)
        say_kept()
        return redirect(url_for(".edit_draft", request_id=saved_id))
    form.topics.data = list(topic_ids)
    return invalid(FORM, form, **form_page(reading(), actor(), school, form, now=now, draft=draft))


def _write(
    school: Organisation,
    draft: Request | None,
    form: GuestLectureForm,
    topic_ids: tuple[int, ...],
    now: datetime,
    *,
    go: bool,
) -> int:
    person, school_id = actor(), school.id
    with writing() as session:
        class_id = number_in(form.school_class.data)
        if form.wants_new_class:
            made = class_services.create_class(
                session, actor=person, now=now, organisation_id=school_id, **form.class_values()
            )
            class_id = made.id
        elif class_id is not None:
            queries.class_for(session, person, class_id)
        wish = with_change(lecture_wish(session, form, topic_ids, class_id))
        sent = form.sending(draft.id if draft else None, now)
        saved = keep_draft(session, actor=person, now=now, organisation_id=school_id, data=wish, sent=sent)
        if go:
            services.require_complete(session, saved, now=now)
        leads_to(url_for("requests.edit_draft", request_id=saved.id))
        return saved.id


def _refused(
    school: Organisation, draft: Request | None, form: GuestLectureForm, refusal: MatcherError, now: datetime
) -> Any:
    """The page again with everything that was typed; an out-of-date page says so and may be saved again."""
    session = reading()
    form.refuse(refusal if isinstance(refusal, InvalidInput) else InvalidInput(refusal.message))
    if draft is not None:
        draft = queries.draft_for(session, actor(), draft.id)
        form.version.data = str(draft.version)
    page = form_page(session, actor(), school, form, now=now, draft=draft)
    return render_template(FORM, form=form, **page), refusal.status
