"""While a guest lecture is typed: the draft is kept, its moments and the people who fit come back as parts of the page.

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
from matcher.requests import queries, services
from matcher.requests.along_services import keep_draft
from matcher.requests.asking import Wish
from matcher.requests.forms import GuestLectureForm
from matcher.requests.models import Request
from matcher.requests.pages import plan_view
from matcher.requests.school_routes import ASKERS, MOST_TOPICS
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
    form, who, now = GuestLectureForm(), actor(), utcnow()
    draft_id = number_in(request.form.get("draft"))
    draft = queries.draft_for(reading(), who, draft_id) if draft_id else None
    if draft is not None and draft.kind is not Kind.GUEST_LECTURE:
        draft = None
    school_id = draft.organisation_id if draft else number_in(request.form.get("school")) or 0
    queries.school_for(reading(), who, school_id)
    if not form.validate():
        return _parts(None, None, _("Not kept yet: something on this page does not fit."), who, now), 422
    wish = _wish(form, who)
    if "look" in request.form and draft is not None:
        return _parts(draft.id, wish, _("Kept as a draft."), who, now)
    if draft is None and not _says_something(wish):
        return _parts(None, None, "", who, now)
    try:
        with writing() as session:
            kept_id = keep_draft(
                session,
                actor=who,
                now=now,
                organisation_id=school_id,
                data=wish,
                page=form.page_key.data or "",
                turn=form.sent_before,
                draft_id=draft.id if draft else None,
                version=number_in(form.version.data) if draft else None,
                asked_by_id=number_in(form.asked_by.data),
                heard=form.heard(now),
            ).id
    except (InvalidInput, Conflict) as refusal:
        return _parts(None, None, _("Not kept yet.") + f" {refusal.message}", who, now), refusal.status
    return _parts(kept_id, wish, _("Kept as a draft at %(time)s.", time=format_time(now)), who, now)


def _wish(form: GuestLectureForm, who: Actor) -> Wish:
    """As the buttons would send it; a class that is still typed is made by them and not here."""
    session, class_id = reading(), None if form.wants_new_class else number_in(form.school_class.data)
    if class_id is not None:
        queries.class_for(session, who, class_id)
    ticked = tuple(dict.fromkeys(form.topics.data or ()))[:MOST_TOPICS]
    pupils = queries.pupils_of(session, [class_id, *(form.also_classes.data or ())])
    topic_ids = ticked or queries.recognised_topics(session, form.topic_text.data or "")
    return form.wish(class_id=class_id, pupils=pupils or None, topic_ids=topic_ids)


def _says_something(wish: Wish) -> bool:
    """A page that was only opened makes no draft."""
    return bool(wish.class_id or wish.topic_text or wish.topic_ids or wish.weeks or wish.own_words or wish.new_class)


def _parts(draft_id: int | None, wish: Wish | None, said: str, who: Actor, now: datetime) -> str:
    session, plan, found = reading(), None, None
    draft: Request | None = queries.draft_for(session, who, draft_id) if draft_id else None
    if draft is not None and wish is not None:
        school = session.get_one(Organisation, draft.organisation_id)
        if wish.class_id and wish.weeks:
            plan = plan_view(services.plan_for_wish(session, school, wish, now=now), wish.without)
        found = look_along(session, draft, who, now=now)
    ticked = {number_in(text) for text in request.form.getlist("offers")}
    return render_template(PART, draft=draft, plan=plan, along=found, said=said, ticked=ticked)
