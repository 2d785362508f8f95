"""While a request is typed: the draft is kept, its moments and who or what fits come back as parts of the page.

Progressive: the page works without. The draft belongs to `requests`; looking who fits makes it a route of this room.
"""

from datetime import datetime

from flask import render_template, request

from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.errors import Conflict, InvalidInput
from matcher.i18n import _, format_time
from matcher.matching.along_services import look_along
from matcher.matching.match_routes import blueprint
from matcher.organisations.models import Organisation
from matcher.requests import queries
from matcher.requests.along_pages import FORMS, plan_typed, says_something, wish_typed
from matcher.requests.along_services import keep_draft
from matcher.requests.drafts import AnyWish
from matcher.requests.models import Request
from matcher.requests.school_routes import ASKERS
from matcher.web.forms import number_in
from matcher.web.guards import actor, maybe_actor, roles
from matcher.web.limits import limiter
from matcher.web.transaction import reading, writing

PART = "matching/_along.html"
Answer = str | tuple[str, int]


def _writer() -> str:
    """A whole school types behind one address: everybody counts for themselves."""
    who = maybe_actor()
    return f"along:{who.user_id if who else request.remote_addr}"


@blueprint.post("/requests/along")
@roles(*ASKERS)
@limiter.limit("300 per 5 minutes", key_func=_writer)
def along() -> Answer:
    """Keep what is typed, unless it is only looked at (`look`), and say what follows from it."""
    who, now = actor(), utcnow()
    draft_id = number_in(request.form.get("draft"))
    draft = queries.draft_for(reading(), who, draft_id) if draft_id else None
    form = FORMS[draft.kind if draft else _kind_asked()]()
    school_id = draft.organisation_id if draft else number_in(request.form.get("school")) or 0
    queries.school_for(reading(), who, school_id)
    if not form.validate():
        return _parts(None, None, _("Not kept yet: something on this page does not fit."), who, now), 422
    wish = wish_typed(reading(), who, form)
    if "look" in request.form and draft is not None:
        return _parts(draft.id, wish, _("Kept as a draft."), who, now)
    if draft is None and not says_something(form, wish):
        return _parts(None, None, "", who, now)
    sent = form.sending(draft.id if draft else None, now)
    try:
        with writing() as session:
            kept = keep_draft(session, actor=who, now=now, organisation_id=school_id, data=wish, sent=sent)
            kept_id = kept.id
    except (InvalidInput, Conflict) as refusal:
        return _parts(None, None, _("Not kept yet.") + f" {refusal.message}", who, now), refusal.status
    return _parts(kept_id, wish, _("Kept as a draft at %(time)s.", time=format_time(now)), who, now)


def _kind_asked() -> Kind:
    """Of a page without a draft; who says nothing of it asks for a lesson."""
    return next((kind for kind in FORMS if kind == request.form.get("kind")), Kind.GUEST_LECTURE)


def _parts(draft_id: int | None, wish: AnyWish | None, said: str, who: Actor, now: datetime) -> str:
    session, plan, found = reading(), None, None
    draft: Request | None = queries.draft_for(session, who, draft_id) if draft_id else None
    if draft is not None and wish is not None:
        plan = plan_typed(session, session.get_one(Organisation, draft.organisation_id), wish, now=now)
        found = look_along(session, draft, who, now=now)
    ticked = {number_in(text) for text in request.form.getlist("offers")}
    return render_template(PART, draft=draft, plan=plan, along=found, said=said, ticked=ticked)
