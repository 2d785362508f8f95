"""The smallest change, applied: an open request that nobody was asked for becomes wider, with a new revision."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.moments import MAX_MOMENTS, Moment, local
from matcher.availability.states import Delivery, Kind
from matcher.db import check_shown
from matcher.errors import Conflict, NotFound
from matcher.i18n import _l
from matcher.matching.changes import can_apply, moments_of_change
from matcher.matching.models import Match
from matcher.matching.queries import matches_of_request
from matcher.matching.request_services import editable, renew
from matcher.matching.states import LIVE
from matcher.matching.suggestion_queries import latest_run
from matcher.matching.view_queries import request_view
from matcher.requests import queries
from matcher.requests.complete_services import widen
from matcher.requests.models import Request
from matcher.requests.services import write_moments
from matcher.requests.states import RequestState
from matcher.requests.widening import mark_of_change


def apply_change(
    session: Session, request_id: int, *, number: int, revision: int | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Do the change that stands at this place under the list of the shown revision; gives it back.

    Raises NotFound, Conflict, InvalidInput.
    """
    request = editable(session, request_id, actor)
    check_shown(request.revision, revision)
    run = latest_run(session, request.id)
    changes = list(run.smallest_change) if run else []
    if not 0 <= number < len(changes) or not can_apply(changes[number], request.kind):
        raise NotFound()
    live: list[Match] = [match for match in matches_of_request(session, request.id) if match.state in LIVE]
    if request.state is not RequestState.OPEN or live:
        raise Conflict(_l("People were already asked. Withdraw the invitations first, or copy the request."))
    change: dict[str, Any] = changes[number]
    _apply(session, request, change, now)
    renew(session, request, by_id=actor.user_id, now=now)
    return change


def _apply(session: Session, request: Request, change: Mapping[str, Any], now: datetime) -> None:
    code, params = change["code"], change["params"]
    match code:
        case "online":
            request.delivery = Delivery.EITHER
        case "language":
            request.language = str(params["language"])
        case "wider":
            request.max_km = int(params["to"])
        case _ if request.kind is not Kind.GUEST_LECTURE:
            widen(session, request, mark_of_change(request.kind, change) or "", now=now)
        case _:
            _add_moments(session, request, code, params, now)
    session.flush()


def _add_moments(session: Session, request: Request, code: str, params: Mapping[str, Any], now: datetime) -> None:
    """The same hours on another day, or some weeks later; the asked ones stay."""
    view = request_view(session, request.id, now=now)
    rows = queries.moments_of(session, [request.id])[request.id]
    kept = [_moment(row.start_s, row.end_s, tuple(row.periods)) for row in rows]
    by_time = {(each.start.isoformat(), each.end.isoformat()): each.periods for each in kept}
    added = []
    for found in moments_of_change(view, code, params):
        moment = _moment(found.start_s, found.end_s, ())
        added.append(replace(moment, periods=by_time.get((moment.start.isoformat(), moment.end.isoformat()), ())))
    write_moments(session, request.id, sorted({*kept, *added})[:MAX_MOMENTS])
    days = [row.day for row in queries.moments_of(session, [request.id])[request.id]]
    request.window_from, request.window_to = min(days), max(days)


def _moment(start_s: int, end_s: int, periods: tuple[int, ...]) -> Moment:
    begin, end = local(start_s), local(end_s)
    return Moment(start_s, end_s, begin.date(), begin.time(), end.time(), periods)
