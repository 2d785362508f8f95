"""One answer of who was asked for a place that somebody else took: ask me again when one opens, or not."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.i18n import _
from matcher.matching.kept_services import keep_in_mind
from matcher.matching.match_routes import blueprint
from matcher.matching.queries import match_for
from matcher.web.guards import actor, signed_in
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing


@blueprint.post("/matches/<int:match_id>/keep-in-mind")
@signed_in
def keep(match_id: int) -> Response:
    who, now = actor(), utcnow()
    match_for(reading(), match_id, who, now)
    wanted = request.form.get("wanted") != "no"
    with writing() as session:
        keep_in_mind(session, match_id, wanted=wanted, actor=who, now=now)
    toast(_("We ask you again when a place opens.") if wanted else _("We do not ask you again for this request."))
    return redirect(url_for("matching.show", match_id=match_id))
