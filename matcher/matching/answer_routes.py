"""Answering from a letter without signing in. Looking changes nothing, one button acts, once.

The address is bound to the person, the match and its version; what they may do is asked of the rules as ever.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from matcher.clock import utcnow
from matcher.errors import Conflict, Forbidden, InvalidInput
from matcher.i18n import _
from matcher.links import Links
from matcher.matching import change_services, proposal_services, services
from matcher.matching.answer_links import answer_path, read_answer
from matcher.matching.answer_queries import Behind, Standing, behind_link
from matcher.matching.kept_services import keep_in_mind
from matcher.matching.match_routes import blueprint, bound_form, empty_forms
from matcher.matching.models import Match
from matcher.matching.states import DeclineReason
from matcher.web.guards import maybe_actor, public
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

GONE, OVERTAKEN, INVALID = 410, 409, 422
FORMS = {"accept": "accept", "decline": "decline", "moment": "moment", "move": "step", "hand_over": "hand_over"}
SECTIONS = {"accept": "yes", "decline": "no", "moment": "other", "step": "yes", "hand_over": "colleague"}
"""Which form belongs to which of the three buttons of a letter."""


@blueprint.get("/answer/<secret>")
@public
@limiter.limit("120 per 5 minutes")
def answer(secret: str) -> ResponseReturnValue:
    return _shown(secret, _behind(secret))


@blueprint.post("/answer/<secret>")
@public
@limiter.limit("60 per 5 minutes")
def answer_post(secret: str) -> ResponseReturnValue:
    found, now, name = _behind(secret), utcnow(), request.form.get("answer", "")
    if found is None or found.standing is not Standing.OPEN or name not in VERBS:
        return _overtaken(found, secret)
    form = bound_form(FORMS[name], found.page)
    if not form.validate_on_submit():
        return _page(secret, found, INVALID, {FORMS[name]: form})
    try:
        with writing() as session:
            VERBS[name](session, found, form, now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return _page(secret, found, INVALID, {FORMS[name]: form})
    except (Conflict, Forbidden):
        return _overtaken(_behind(secret), secret)
    return redirect(url_for(".answer", secret=secret))


@blueprint.post("/answer/<secret>/undo")
@public
@limiter.limit("60 per 5 minutes")
def answer_undo(secret: str) -> ResponseReturnValue:
    """Within the minute in which nothing is sent; the question has a new version then, and a new link."""
    found, now = _behind(secret), utcnow()
    if found is None or found.standing is not Standing.ANSWERED or not found.page.may("undo"):
        return _overtaken(found, secret)
    try:
        with writing() as session:
            match = services.undo(session, found.link.match_id, actor=found.actor, now=now)
            renewed = found.link._replace(seq=match.seq)
    except (Conflict, Forbidden):
        return _overtaken(_behind(secret), secret)
    toast(_("Taken back. Nothing was sent."))
    return redirect(answer_path(_links(), renewed))


@blueprint.post("/answer/<secret>/keep")
@public
@limiter.limit("60 per 5 minutes")
def answer_keep(secret: str) -> ResponseReturnValue:
    """Who is too late may still be asked again: the place is what was taken, not the link."""
    found, now = _behind(secret), utcnow()
    if found is None or found.page.keep not in {"open", "kept"}:
        return _overtaken(found, secret)
    wanted = request.form.get("wanted") != "no"
    try:
        with writing() as session:
            keep_in_mind(session, found.link.match_id, wanted=wanted, actor=found.actor, now=now)
    except (Conflict, Forbidden):
        return _overtaken(_behind(secret), secret)
    toast(_("We ask you again when a place opens.") if wanted else _("We do not ask you again for this request."))
    return redirect(url_for(".answer", secret=secret))


def _accept(session: Session, found: Behind, form: Any, now: datetime) -> Match:
    return services.accept_match(session, moment_id=int(form.moment.data), now=now, **_by(found))


def _decline(session: Session, found: Behind, form: Any, now: datetime) -> Match:
    reason, note = DeclineReason(form.reason.data), form.note.data or ""
    return services.decline_match(session, reason=reason, note=note, now=now, **_by(found))


def _suggest(session: Session, found: Behind, form: Any, now: datetime) -> Match:
    return services.suggest_moment(session, **form.wanted, now=now, **_by(found))


def _hand_over(session: Session, found: Behind, form: Any, now: datetime) -> Match:
    """A colleague instead: the question goes on to them, or to the contact who chooses."""
    colleague_id = int(form.colleague.data) or None
    return proposal_services.hand_over(session, colleague_id=colleague_id, now=now, **_by(found))


def _move(session: Session, found: Behind, form: Any, now: datetime) -> Match:
    return change_services.move_match(session, now=now, **_by(found))


def _by(found: Behind) -> dict[str, Any]:
    """The version is the link's and never what a form says."""
    return {"match_id": found.link.match_id, "actor": found.actor, "seq": found.link.seq}


VERBS: dict[str, Callable[[Session, Behind, Any, datetime], Match]] = {
    "accept": _accept,
    "decline": _decline,
    "moment": _suggest,
    "move": _move,
    "hand_over": _hand_over,
}


def _behind(secret: str) -> Behind | None:
    return behind_link(reading(), read_answer(_links(), secret), utcnow())


def _links() -> Links:
    return Links(current_app.extensions["matcher_settings"].require_secret())


def _shown(secret: str, found: Behind | None) -> ResponseReturnValue:
    if found is not None and found.standing is Standing.ANSWERED:
        return _kept_private(render_template("matching/answered.html", found=found, secret=secret), 200)
    if found is None or found.standing is Standing.OVERTAKEN:
        return _overtaken(found, secret)
    return _page(secret, found, 200)


def _page(secret: str, found: Behind, status: int, refused: dict[str, Any] | None = None) -> ResponseReturnValue:
    reader, wanted = maybe_actor(), request.args.get("answer", "yes")
    for name in refused or {}:
        wanted = SECTIONS[name]
    forms = empty_forms(found.page)
    picked = request.args.get("moment")
    if picked in {slot["value"] for slot in found.page.slots if not slot["disabled"]}:
        forms["accept"].moment.data = picked
    body = render_template(
        "matching/answer.html",
        found=found,
        page=found.page,
        forms=forms | (refused or {}),
        secret=secret,
        wanted=wanted,
        other_reader=reader.name if reader and reader.user_id != found.link.user_id else None,
    )
    return _kept_private(body, status)


def _overtaken(found: Behind | None, secret: str) -> ResponseReturnValue:
    """What happened meanwhile, or that this link says nothing any more."""
    if found is None:
        return _kept_private(render_template("matching/answer_dead.html"), GONE)
    return _kept_private(render_template("matching/answer_overtaken.html", found=found, secret=secret), OVERTAKEN)


def _kept_private(body: str, status: int) -> ResponseReturnValue:
    """The address is a key: no copy of the page, no search machine, and no other site hears of it."""
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
