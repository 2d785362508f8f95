"""A request after its draft: sending, who fits, asking, changing, withdrawing. Registered on the room's blueprint."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.i18n import _, ngettext
from matcher.matching import change_applied_services, request_services
from matcher.matching.fairness_queries import fairness_for
from matcher.matching.forms import EndForm
from matcher.matching.invite_now_services import if_invited_now
from matcher.matching.kind_words import words_of
from matcher.matching.match_routes import blueprint
from matcher.matching.request_queries import RequestPage, request_page
from matcher.matching.states import CancelReason
from matcher.matching.suggestion_services import mark_shown, store_run, suggest
from matcher.matching.why_not_queries import LONGEST, why_not
from matcher.matching.wording import change_words
from matcher.requests.models import Request
from matcher.requests.queries import lessons_of, request_for
from matcher.requests.states import RequestState
from matcher.web.forms import number_in
from matcher.web.guards import actor, roles
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import marks_seen, may_mark, reading, writing

SCHOOL_SIDE = ("teacher", "school_lead", "coordinator")
MOST = 20


@blueprint.get("/requests/<int:request_id>")
@roles(*SCHOOL_SIDE)
@marks_seen
def request_page_view(request_id: int) -> str | Response:
    found = request_for(reading(), actor(), request_id)
    if found.state is RequestState.DRAFT and not found.held_back:
        return redirect(url_for("requests.edit_draft", request_id=request_id))
    page = request_page(reading(), found, actor(), utcnow())
    body = _shown_page(page, EndForm(None))
    fresh = [each.shown.suggestion_id for each in page.candidates]
    if fresh and page.can_edit and request.method == "GET" and may_mark():
        with writing(marking=True) as session:
            mark_shown(session, fresh, now=utcnow())
    return body


@blueprint.post("/requests/<int:request_id>/publish")
@roles(*SCHOOL_SIDE)
def publish_request(request_id: int) -> Response:
    """Send it, then look who fits: thinking happens between two short units."""
    request_for(reading(), actor(), request_id)
    who, now = actor(), utcnow()
    try:
        with writing() as session:
            sent = request_services.publish_request(session, request_id, actor=who, now=now)
    except InvalidInput as refusal:
        toast(str(refusal), kind="problem")
        return redirect(url_for("requests.edit_draft", request_id=request_id))
    for lesson in lessons_of(reading(), sent):
        _search(lesson.id)
    ticked = _ticked()
    if ticked:
        return _invited_at_once(request_id, ticked)
    if sent.state is RequestState.OPEN:
        toast(_("Sent. Nobody is asked yet."))
    else:
        toast(_("Kept. We send it as soon as your place at the school is confirmed."))
    return redirect(url_for("matching.request_page_view", request_id=request_id))


@blueprint.get("/requests/<int:request_id>/publish")
@roles(*SCHOOL_SIDE)
def published(request_id: int) -> Response:
    """Where a second click on "See who fits" is led: sending has happened, this only shows it."""
    request_for(reading(), actor(), request_id)
    return redirect(url_for("matching.request_page_view", request_id=request_id))


@blueprint.post("/requests/<int:request_id>/search")
@roles(*SCHOOL_SIDE)
def search_again(request_id: int) -> Response:
    """A new look with what is known now; the earlier run stays as it was."""
    found = request_for(reading(), actor(), request_id)
    if found.state is RequestState.OPEN:
        _search(request_id)
        toast(_("Looked again with what is known now."))
    return redirect(url_for("matching.request_page_view", request_id=request_id))


@blueprint.post("/requests/<int:request_id>/invite")
@roles(*SCHOOL_SIDE)
def invite(request_id: int) -> Response | tuple[str, int]:
    found = request_for(reading(), actor(), request_id)
    ticked = _ticked()
    who, now = actor(), utcnow()
    try:
        with writing() as session:
            asked = request_services.invite(
                session, request_id, offer_ids=ticked, actor=who, now=now, revision=_shown()
            )
            leads_to(url_for("matching.request_page_view", request_id=request_id))
    except InvalidInput as refusal:
        found = request_for(reading(), actor(), request_id)
        page = request_page(reading(), found, who, now)
        toast(str(refusal), kind="problem")
        return _shown_page(page, EndForm(None), chosen=ticked), 422
    _say_asked(found, len(ticked), len(asked))
    return redirect(url_for("matching.request_page_view", request_id=request_id))


def _invited_at_once(request_id: int, ticked: list[int]) -> Response:
    """Who was ticked beside the form is asked as soon as it is sent. The request stands, whatever becomes of them."""
    who, now = actor(), utcnow()
    try:
        with writing() as session:
            asked = len(request_services.invite(session, request_id, offer_ids=ticked, actor=who, now=now))
    except (InvalidInput, NotFound, Conflict) as refusal:
        toast(str(refusal) or _("Sent. Nobody is asked yet: tick people below."), kind="problem")
    else:
        _say_asked(request_for(reading(), who, request_id), len(ticked), asked)
    return redirect(url_for("matching.request_page_view", request_id=request_id))


def _ticked() -> list[int]:
    texts = request.form.getlist("offers")
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]


def _say_asked(found: Request, ticked: int, asked: int) -> None:
    if found.held_back:
        toast(_("Your choice is kept. We ask them once your place at the school is confirmed."))
        return
    text = words_of(found.kind).asked_now(asked)
    if ticked > asked:
        text += " " + ngettext(
            "%(num)s waits for a place in the row.", "%(num)s wait for a place in the row.", ticked - asked
        )
    toast(text)


@blueprint.post("/requests/<int:request_id>/change")
@roles(*SCHOOL_SIDE)
def change_request(request_id: int) -> Response:
    """Back to a draft while nobody was asked; sending it again makes a new revision."""
    request_for(reading(), actor(), request_id)
    who, now = actor(), utcnow()
    with writing() as session:
        request_services.take_back_to_draft(session, request_id, actor=who, now=now)
    return redirect(url_for("requests.edit_draft", request_id=request_id))


@blueprint.post("/requests/<int:request_id>/withdraw")
@roles(*SCHOOL_SIDE)
def withdraw_request(request_id: int) -> Response | tuple[str, int]:
    found = request_for(reading(), actor(), request_id)
    form, who, now = EndForm(), actor(), utcnow()
    if not form.validate_on_submit():
        page = request_page(reading(), found, who, now)
        return _shown_page(page, form), 422
    with writing() as session:
        reason = CancelReason(form.reason.data)
        request_services.withdraw_request(session, request_id, actor=who, now=now, reason=reason, mark=_shown())
        leads_to(url_for("matching.request_page_view", request_id=request_id))
    toast(_("Withdrawn. Everybody who was asked hears of it."))
    return redirect(url_for("matching.request_page_view", request_id=request_id))


@blueprint.post("/requests/<int:request_id>/apply-change")
@roles(*SCHOOL_SIDE)
def apply_change(request_id: int) -> Response:
    """The smallest change that would help, done; then a new look."""
    found, who, now = request_for(reading(), actor(), request_id), actor(), utcnow()
    number = number_in(request.form.get("number"))
    try:
        with writing() as session:
            change = change_applied_services.apply_change(
                session, found.id, number=-1 if number is None else number, revision=_shown(), actor=who, now=now
            )
            leads_to(url_for("matching.request_page_view", request_id=request_id))
    except InvalidInput as refusal:
        toast(str(refusal), kind="problem")
        return redirect(url_for("matching.request_page_view", request_id=request_id))
    _search(request_id)
    toast(_("Changed: %(change)s.", change=change_words(change)))
    return redirect(url_for("matching.request_page_view", request_id=request_id))


def _shown_page(page: RequestPage, end_form: EndForm, chosen: Sequence[int] = ()) -> str:
    """The page with what it says of each candidate, and of whom the reader asks why not."""
    session, now, named = reading(), utcnow(), request.args.get("who", "")[:LONGEST]
    then = if_invited_now(session, page.request, page.candidates, page.matches, now=now) if page.can_ask else {}
    can_name = page.can_send and page.run is not None and page.is_open
    return render_template(
        "matching/request.html",
        page=page,
        end_form=end_form,
        chosen=chosen,
        then=then,
        can_name=can_name,
        named=named,
        why_not=why_not(session, page.request, named, now=now) if can_name else None,
    )


def _shown() -> int | None:
    """What of the request the page showed: its revision, or how it stood with everybody who was asked."""
    return number_in(request.form.get("version"))


def _search(request_id: int) -> None:
    now = utcnow()
    fairness = fairness_for(reading(), request_id, now=now)
    suggested = suggest(reading(), request_id=request_id, now=now, limit=MOST, fairness=fairness)
    with writing() as session:
        store_run(session, suggested)
