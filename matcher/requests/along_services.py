"""A draft that is kept while somebody types: one page makes one draft, and may write on without asking again.

Every page with the form carries a key of its own. What the same page kept a second ago is no reason to refuse it;
what another page or person kept meanwhile is. A page counts what it sends, so that what arrives late never undoes what
was sent after it.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.behalf import KEY as BEHALF
from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.availability.states import Kind
from matcher.db import lock_row
from matcher.errors import Conflict, NotFound
from matcher.i18n import _l
from matcher.organisations.models import Organisation
from matcher.requests import internship_services, queries, services, vacancy_services
from matcher.requests.drafts import AnyWish, Sending
from matcher.requests.models import FIRST_OFFER, Request
from matcher.requests.states import RequestState
from matcher.requests.wanted_queries import wanted_offer

KEY, TURN = "page", "turn"
LONGEST_KEY = 64
LOOKED_AT = 60
SENT = _l("You sent this already.")


_VERBS: dict[Kind, tuple[Callable[..., Request], Callable[..., Request]]] = {
    Kind.GUEST_LECTURE: (services.save_draft, services.update_draft),
    Kind.TEACHER_INTERNSHIP: (internship_services.save_internship, internship_services.update_internship),
    Kind.HYBRID_PLACEMENT: (vacancy_services.save_vacancy, vacancy_services.update_vacancy),
}


def keep_draft(
    session: Session, *, actor: Actor, now: datetime, organisation_id: int, data: AnyWish, sent: Sending
) -> Request:
    """The draft of this page, made when it is not there yet. Raises InvalidInput, NotFound, Conflict."""
    page, turn = sent.page[:LONGEST_KEY], sent.turn
    save, update = _VERBS[data.kind]
    if page and actor.user_id is not None:
        # One page's two sendings at a time: each would begin a draft, or the second read what the first then changes.
        lock_row(session, User, actor.user_id)
    found = sent.draft_id or _draft_of_page(session, actor, data.kind, page, turn)
    if found is None:
        saved = save(
            session,
            actor=actor,
            now=now,
            organisation_id=organisation_id,
            data=data,
            asked_by_id=sent.asked_by_id,
            heard=sent.heard,
        )
        if wanted_offer(session, actor, data.kind, sent.first_offer):
            saved.details = {**saved.details, FIRST_OFFER: sent.first_offer}
    else:
        kept = queries.draft_for(session, actor, found)
        if kept.kind is not data.kind:
            raise NotFound()
        wrote_last = bool(page) and (kept.details or {}).get(KEY) == page
        if wrote_last and turn < kept.details.get(TURN, 0):
            return kept
        version = None if wrote_last else sent.version
        saved = update(session, actor=actor, now=now, request_id=found, data=data, version=version)
        if sent.asked_by_id is not None and saved.on_behalf_by_id == actor.user_id:
            _ask_as(session, saved, sent, actor)
    if page:
        saved.details = {**saved.details, KEY: page, TURN: turn}
    session.flush()
    return saved


def _ask_as(session: Session, draft: Request, sent: Sending, actor: Actor) -> None:
    """Who asks and how that came, as the one who writes it down says it now. Raises InvalidInput."""
    school = session.get_one(Organisation, draft.organisation_id)
    if draft.kind is Kind.HYBRID_PLACEMENT:
        vacancy_services.check_asker(session, actor, school, sent.asked_by_id)
    asker = services.asker_of(session, actor, school, sent.asked_by_id)
    if draft.teacher_id == draft.asked_by_id:
        draft.teacher_id = asker
    draft.asked_by_id = asker
    if sent.heard is not None:
        draft.details = {**draft.details, BEHALF: sent.heard.details}
    session.flush()


def _draft_of_page(session: Session, actor: Actor, kind: Kind, page: str, turn: int) -> int | None:
    """What this page kept before, when its answer never reached the browser. Raises Conflict for what arrives after
    the page was sent: it would begin a second draft of the same."""
    if not page or actor.user_id is None:
        return None
    mine = (Request.asked_by_id == actor.user_id) | (Request.on_behalf_by_id == actor.user_id)
    query = select(Request.id, Request.state, Request.details).where(mine, Request.kind == kind)
    rows = session.execute(query.order_by(Request.id.desc()).limit(LOOKED_AT)).all()
    own = next((row for row in rows if (row.details or {}).get(KEY) == page), None)
    if own is None or own.state is RequestState.DRAFT:
        return own.id if own else None
    if 0 < turn <= own.details.get(TURN, 0):
        raise Conflict(SENT)
    return None
