"""What is remembered of the reader and why they are asked less or more, with what they can do about it."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.i18n import _
from matcher.matching.match_routes import blueprint
from matcher.matching.nearby_routes import OFFERERS
from matcher.matching.remembered_queries import remembered_of
from matcher.matching.remembered_services import forget_no, remember_no
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing


@blueprint.get("/remembered")
@roles(*OFFERERS)
def remembered() -> str:
    return render_template("matching/remembered.html", found=remembered_of(reading(), actor(), now=utcnow()))


@blueprint.post("/matches/<int:match_id>/forget")
@roles(*OFFERERS)
def forget(match_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        forget_no(session, match_id, actor=person, now=now)
    toast(_("Forgotten: this no changes nothing any more."), undo=url_for(".remember", match_id=match_id))
    return redirect(url_for(".remembered", _anchor="noes"))


@blueprint.post("/matches/<int:match_id>/remember")
@roles(*OFFERERS)
def remember(match_id: int) -> Response:
    person = actor()
    with writing() as session:
        remember_no(session, match_id, actor=person)
    toast(_("Remembered again."))
    return redirect(url_for(".remembered", _anchor="noes"))
