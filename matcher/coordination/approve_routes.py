"""Giving approval: the queue and one decision at a time. The decision itself is a step of `matching`."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.accounts.policy import Actor
from matcher.clock import utcnow
from matcher.coordination.approve_queries import approval_queue
from matcher.coordination.cockpit import QueueItem
from matcher.coordination.decision_queries import Decision, decision
from matcher.coordination.sending_on import working_days_waited
from matcher.coordination.sent_on_queries import lines_for
from matcher.coordination.sent_on_services import take_approval
from matcher.coordination.wording import story_words
from matcher.errors import Conflict, NotFound
from matcher.i18n import _
from matcher.matching.fitness_services import check_approvable
from matcher.matching.forms import ApproveForm, RejectForm
from matcher.matching.queries import match_for
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

blueprint = Blueprint("coordination", __name__, url_prefix="/coordination")


@blueprint.get("/approve")
@roles("coordinator")
def approve() -> str:
    """The named match, else the one that has waited longest. A phone shows the decision, or with `list` the queue."""
    person = actor()
    queue = approval_queue(reading(), person, utcnow())
    named = request.args.get("match", type=int)
    shown = named if named is not None else (queue[0].id if queue else None)
    found = _decision(shown, person) if shown is not None else None
    return render_template(
        "coordination/approve.html",
        queue=queue,
        current=shown,
        has_item=found is not None and "list" not in request.args,
        found=found,
        obstacle=_obstacle(found) if found else None,
        sent_on=_sent_on(found, person) if found else None,
        next_id=_next(queue, shown),
        forms={"approve": ApproveForm(formdata=None), "reject": RejectForm(formdata=None)},
    )


@blueprint.post("/approve/<int:match_id>/take")
@roles("coordinator")
def take(match_id: int) -> Response:
    person, now = actor(), utcnow()
    match_for(reading(), match_id, person, now)
    with writing() as session:
        take_approval(session, match_id, actor=person, now=now)
    toast(_("You have it now. It goes to nobody else while you still have time."))
    return redirect(url_for(".approve", match=match_id))


def _sent_on(found: Decision, person: Actor) -> dict[str, Any] | None:
    """What happened while nobody touched it, and whether this person can take it."""
    match, now = found.page.match, utcnow()
    line = lines_for(reading(), [match.id]).get(match.id)
    if line is None:
        return None
    waited = working_days_waited(match.changed_at, now)
    can_take = line.taken_at is None and found.page.may("approve")
    return {"text": story_words(line, waited, person), "can_take": can_take}


def _decision(match_id: int, person: Actor) -> Decision:
    """Only what this coordinator decides about: somebody else's region is as good as not there."""
    match, facts = match_for(reading(), match_id, person, utcnow())
    if facts.region_id not in person.region_ids:
        raise NotFound()
    return decision(reading(), match, facts, person, utcnow())


def _obstacle(found: Decision) -> Any:
    """What would refuse an approval now, said before the button is pressed."""
    if not found.page.may("approve"):
        return None
    page = found.page
    try:
        check_approvable(reading(), page.match, page.request, page.offer, utcnow())
    except Conflict as refusal:
        return refusal.message
    return None


def _next(queue: list[QueueItem], shown: int | None) -> int | None:
    """Where the screen goes after the decision: the next in the queue, at its end the first."""
    ids = [item.id for item in queue]
    if shown not in ids or len(ids) < 2:
        return None
    return ids[(ids.index(shown) + 1) % len(ids)]
