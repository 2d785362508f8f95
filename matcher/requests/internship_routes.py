"""A teacher asks for an internship: the page, its drafts, the line that says what is possible, and the leave."""

from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.errors import Conflict, InvalidInput, MatcherError
from matcher.i18n import _
from matcher.organisations.models import Organisation
from matcher.requests import internship_services, queries, services
from matcher.requests.along_pages import say_kept, topics_typed, with_change
from matcher.requests.along_services import keep_draft
from matcher.requests.internship_forms import DaysForm, InternshipForm
from matcher.requests.internship_pages import internship_page, preview_of
from matcher.requests.internship_queries import half_days_in, internship_wish_of
from matcher.requests.internships import InternshipWish
from matcher.requests.models import Request
from matcher.requests.school_routes import ASKERS, ask_for_school, asking_school, begin, blueprint
from matcher.web.forms import invalid, number_in
from matcher.web.guards import actor, roles
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

FORM = "requests/internship.html"


@blueprint.get("/new/internship")
@roles(*ASKERS)
def new_internship() -> Any:
    session = reading()
    school = asking_school(session)
    if school is None:
        return ask_for_school(session, "requests.new_internship")
    form = InternshipForm(formdata=None)
    begin(session, form)
    return render_template(FORM, form=form, **_page(session, school, form))


@blueprint.post("/new/internship")
@roles(*ASKERS)
def create_internship() -> Any:
    school = asking_school(reading())
    if school is None:
        return redirect(url_for(".new_internship"))
    return save(school, None)


@blueprint.get("/new/internship/days")
@roles(*ASKERS)
def internship_days() -> str:
    """The line under the days, again after each change."""
    session, form = reading(), DaysForm(request.args)
    form.validate()
    school = queries.school_for(session, actor(), number_in(request.args.get("school")) or 0)
    return render_template("requests/_days_line.html", preview=_preview(session, school, form.days_wish()))


@blueprint.post("/<int:request_id>/leave")
@roles(*ASKERS)
def give_leave(request_id: int) -> Response:
    queries.request_for(reading(), actor(), request_id)
    person, now, leader = actor(), utcnow(), request.form.get("leader", "")[:120]
    try:
        with writing() as session:
            internship_services.give_leave(session, actor=person, now=now, request_id=request_id, leader=leader)
        toast(_("Noted: the team leader agrees."))
    except InvalidInput as refusal:
        toast(str(refusal), kind="problem")
    return redirect(url_for("matching.request_page_view", request_id=request_id))


def shown(draft: Request) -> str:
    """The page of a stored draft."""
    session = reading()
    school = session.get_one(Organisation, draft.organisation_id)
    form = InternshipForm(formdata=None)
    form.show(internship_wish_of(session, draft))
    form.version.data = str(draft.version)
    form.show_asker(draft.asked_by_id, draft.details)
    return render_template(FORM, form=form, **_page(session, school, form, draft))


def save(school: Organisation, draft: Request | None) -> Any:
    """Save what was typed; with `go` it must be complete and is sent on to be published."""
    form, now, go = InternshipForm(), utcnow(), "go" in request.form
    session = reading()
    topic_ids = topics_typed(session, form)
    valid = form.validate()
    complete = form.require(recognised=bool(topic_ids)) if go else True
    form.topics.data = list(topic_ids)
    if not (valid and complete):
        return invalid(FORM, form, **_page(session, school, form, draft))
    try:
        saved_id = _write(school, draft, form, topic_ids, now, go=go)
    except (InvalidInput, Conflict) as refusal:
        return _refused(school, draft, form, refusal)
    if go:
        # The browser sends the same form on, token included: publishing has its own route in `matching`.
        return redirect(url_for("matching.publish_request", request_id=saved_id), 307)
    say_kept()
    return redirect(url_for("requests.edit_draft", request_id=saved_id))


def _write(
    school: Organisation,
    draft: Request | None,
    form: InternshipForm,
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
            services.require_complete(session, saved, now=now)
        leads_to(url_for("requests.edit_draft", request_id=saved.id))
        return saved.id


def _refused(school: Organisation, draft: Request | None, form: InternshipForm, refusal: MatcherError) -> Any:
    """The page again with everything that was typed; an out-of-date page says so and may be saved again."""
    session = reading()
    form.refuse(refusal if isinstance(refusal, InvalidInput) else InvalidInput(refusal.message))
    if draft is not None:
        draft = queries.draft_for(session, actor(), draft.id)
        form.version.data = str(draft.version)
    return render_template(FORM, form=form, **_page(session, school, form, draft)), refusal.status


def _page(session: Session, school: Organisation, form: InternshipForm, draft: Request | None = None) -> dict[str, Any]:
    preview = _preview(session, school, form.days_wish())
    return internship_page(session, actor(), school, form, preview=preview, draft=draft)


def _preview(session: Session, school: Organisation, wish: InternshipWish) -> dict[str, Any]:
    possible = wish
    if wish.first is not None and wish.last is not None and (wish.last - wish.first).days > 400:
        possible = InternshipWish()
    return preview_of(wish, half_days_in(session, school, possible), now=utcnow())
