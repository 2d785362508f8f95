"""What a coordinator writes down one after the other: requests that came by mail, and that both sides said yes."""

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from matcher.accounts.behalf_forms import KEPT
from matcher.clock import utcnow
from matcher.coordination.agreed_queries import open_requests, people_for, request_here, somebody_comes
from matcher.coordination.agreed_services import note_agreement
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.forms import AgreedForm
from matcher.errors import Conflict, InvalidInput, NotFound
from matcher.matching.fairness_queries import fairness_for
from matcher.matching.request_services import publish_request
from matcher.matching.suggestion_queries import latest_run
from matcher.matching.suggestion_services import store_run, suggest
from matcher.organisations.models import Organisation
from matcher.requests.states import RequestState
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

AGREED = "coordination/agreed.html"
MOST = 20


@blueprint.post("/requests/<int:request_id>/post")
@roles("coordinator")
def post_request(request_id: int) -> Response:
    """The form of a request ends here when she has more to write down: sent, looked who fits, ready for the next."""
    who, now = actor(), utcnow()
    try:
        with writing() as session:
            sent = publish_request(session, request_id, actor=who, now=now).state is RequestState.OPEN
    except InvalidInput as refusal:
        toast(str(refusal), kind="problem")
        return redirect(url_for("requests.edit_draft", request_id=request_id))
    if sent:
        fairness = fairness_for(reading(), request_id, now=now)
        found = suggest(reading(), request_id=request_id, now=now, limit=MOST, fairness=fairness)
        with writing() as session:
            store_run(session, found)
    return redirect(url_for(".posted", request_id=request_id))


@blueprint.get("/requests/<int:request_id>/post")
@roles("coordinator")
def posted(request_id: int) -> str:
    """It is sent; the next one begins here."""
    session = reading()
    sent = request_here(session, actor(), request_id)
    run = latest_run(session, sent.id)
    school = session.get_one(Organisation, sent.organisation_id)
    return render_template("coordination/posted.html", sent=sent, school=school, fits=run.eligible if run else 0)


@blueprint.get("/agreed")
@roles("coordinator")
def agreed() -> str | Response:
    """The named request, else the first one nobody said yes to."""
    named = request.args.get("request", type=int)
    if named is not None and somebody_comes(reading(), request_here(reading(), actor(), named)):
        return redirect(url_for("matching.request_page_view", request_id=named))
    form = AgreedForm(formdata=None)
    form.recall(cookie.get(KEPT), utcnow())
    return _agreed_page(named, form)


@blueprint.post("/agreed/<int:request_id>")
@roles("coordinator")
def note_agreed(request_id: int) -> Response | tuple[str, int]:
    form, who, now = AgreedForm(), actor(), utcnow()
    request_here(reading(), who, request_id)
    following = _next(request_id)
    if not form.validate_on_submit():
        return _agreed_page(request_id, form), 422
    offer_id, moment_id = form.chosen
    try:
        with writing() as session:
            note_agreement(
                session,
                request_id=request_id,
                offer_id=offer_id,
                moment_id=moment_id,
                actor=who,
                now=now,
                heard=form.heard(now),
            )
    except (InvalidInput, Conflict) as refusal:
        form.refuse(refusal if isinstance(refusal, InvalidInput) else InvalidInput(refusal.message))
        return _agreed_page(request_id, form), 422
    cookie[KEPT] = form.kept(now)
    # Said in the page itself: a message over it would lie on the button of the next one.
    return redirect(url_for(".agreed", request=following, noted=1) if following else url_for(".approve"))


def _next(request_id: int) -> int | None:
    """The one behind it in the list, at its end the first."""
    ids = [each.id for each in open_requests(reading(), actor(), utcnow())]
    behind = ids[ids.index(request_id) + 1 :] if request_id in ids else []
    return next((each for each in [*behind, *ids] if each != request_id), None)


def _agreed_page(named: int | None, form: AgreedForm) -> str:
    session, person = reading(), actor()
    queue = open_requests(session, person, utcnow())
    shown_id = named if named is not None else (queue[0].id if queue else None)
    found = request_here(session, person, shown_id) if shown_id is not None else None
    if found is not None and found.state is not RequestState.OPEN:
        raise NotFound()
    people = people_for(session, found, utcnow()) if found is not None else []
    school = session.get_one(Organisation, found.organisation_id) if found is not None else None
    has_item = found is not None and "list" not in request.args
    return render_template(
        AGREED, queue=queue, current=shown_id, has_item=has_item, found=found, school=school, people=people, form=form,
    )  # fmt: skip
