"""The runbook on the page of a match: where its mails lead, and saving one side's half."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.matching.match_routes import again, blueprint
from matcher.matching.queries import match_for
from matcher.matching.runbook_forms import RunbookForm
from matcher.matching.runbook_services import fill_in
from matcher.web.guards import actor, signed_in
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

Answer = Response | tuple[str, int]


@blueprint.get("/matches/<int:match_id>/runbook")
@signed_in
def runbook(match_id: int) -> Response:
    """Where reminders lead, also by way of signing in: straight to the plan for the day."""
    match, _facts = match_for(reading(), match_id, actor(), utcnow())
    return redirect(url_for("matching.show", match_id=match.id, fill=1, _anchor="runbook"))


@blueprint.post("/matches/<int:match_id>/runbook")
@signed_in
def save_runbook(match_id: int) -> Answer:
    match, _facts = match_for(reading(), match_id, actor(), utcnow())
    form, who, now = RunbookForm(), actor(), utcnow()
    if not form.validate_on_submit():
        return again(match.id, "runbook", form)
    try:
        with writing() as session:
            fill_in(
                session,
                match.id,
                form.said,
                version=form.seen_version,
                actor=who,
                now=now,
                on_behalf=form.on_behalf(now),
            )
    except InvalidInput as refusal:
        form.refuse(refusal)
        return again(match.id, "runbook", form)
    toast(_("Saved. The other side sees it once the visit is approved, and in the reminder."))
    return redirect(url_for("matching.show", match_id=match.id, _anchor="runbook"))
