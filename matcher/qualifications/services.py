"""Shipping, adding, changing, ending and putting back routes; every step is kept in the history. Services flush."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts import services as accounts
from matcher.accounts.policy import Actor
from matcher.db import BIGGEST_ID, lock_row
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.i18n import _l
from matcher.qualifications.models import TeachingRoute, TeachingRouteRevision
from matcher.qualifications.reviewed import NUMBERS, WORDED, shipped_routes
from matcher.qualifications.states import Change, Education, Qualification, Subjects

COLUMNS = (
    "position", "sectors", "min_education", "lower_by_assessment", "subjects", "gives", "ask_first", *NUMBERS,
    *(f"{name}_{lang}" for name in WORDED for lang in ("nl", "en")), "source", "source_url", "checked_on",
)  # fmt: skip
"""What an administrator may change."""
CODES = {"min_education": Education, "subjects": Subjects, "gives": Qualification}

ADMINISTRATOR_ONLY = _l("Only an administrator changes the routes.")
CHANGED_MEANWHILE = _l("Somebody changed this route while you were busy. Look at what it says now.")
TAKEN = _l("There is a route with this English name already.")
NO_NAME = _l("Use letters or digits in the English name.")
NOT_IN_ORDER = _l("The highest number is lower than the lowest.")


def seed_routes(session: Session, now: datetime) -> None:
    """The shipped routes; one that a person changed, ended or added is left alone."""
    known = {row.code: row for row in session.scalars(select(TeachingRoute))}
    touched = set(
        session.scalars(select(TeachingRouteRevision.route_id).where(TeachingRouteRevision.by_id.is_not(None)))
    )
    for code, values in shipped_routes().items():
        row = known.get(code) or TeachingRoute(code=code)
        if row.id in touched or not _put(row, values):
            continue
        session.add(row)
        session.flush()
        _keep(session, row, Change.SHIPPED, None, now)


def add_route(session: Session, *, actor: Actor, values: Mapping[str, Any], now: datetime) -> TeachingRoute:
    """A route of one's own; its code comes from the English name."""
    _administrator(actor)
    code = _code(values["title_en"])
    if session.scalar(select(TeachingRoute.id).where(TeachingRoute.code == code)) is not None:
        raise InvalidInput(TAKEN, field="title_en")
    row = TeachingRoute(code=code)
    _in_order(values)
    _put(row, values)
    session.add(row)
    session.flush()
    _record(session, row, Change.ADDED, actor, now)
    return row


def change_route(
    session: Session, route_id: int, *, actor: Actor, values: Mapping[str, Any], version: int | None, now: datetime
) -> TeachingRoute:
    """New texts and numbers. Raises Conflict when somebody else was first; saying the same again changes nothing."""
    row = _locked(session, route_id, actor, version)
    _in_order(values)
    if _put(row, values):
        session.flush()
        _record(session, row, Change.CHANGED, actor, now)
    return row


def end_route(session: Session, route_id: int, *, actor: Actor, version: int | None, now: datetime) -> TeachingRoute:
    """No longer shown; nothing is thrown away."""
    row = _locked(session, route_id, actor, version)
    if row.ended_at is None:
        row.ended_at = now
        session.flush()
        _record(session, row, Change.ENDED, actor, now)
    return row


def reopen_route(session: Session, route_id: int, *, actor: Actor, version: int | None, now: datetime) -> TeachingRoute:
    row = _locked(session, route_id, actor, version)
    if row.ended_at is not None:
        row.ended_at = None
        session.flush()
        _record(session, row, Change.REOPENED, actor, now)
    return row


def restore_route(
    session: Session, route_id: int, *, seq: int, actor: Actor, version: int | None, now: datetime
) -> TeachingRoute:
    """Says again what it said at a point of its history; that is a new point. Raises NotFound without such a point."""
    row = _locked(session, route_id, actor, version)
    earlier = session.get(TeachingRouteRevision, (route_id, seq)) if seq <= BIGGEST_ID else None
    if earlier is None:
        raise NotFound()
    if _put(row, _from_json(earlier.said)):
        session.flush()
        _record(session, row, Change.RESTORED, actor, now)
    return row


def _administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden(ADMINISTRATOR_ONLY)


def _locked(session: Session, route_id: int, actor: Actor, version: int | None) -> TeachingRoute:
    _administrator(actor)
    row = lock_row(session, TeachingRoute, route_id)
    if row.version != version:
        raise Conflict(CHANGED_MEANWHILE)
    return row


def _in_order(values: Mapping[str, Any]) -> None:
    for name in ("months", "hours", "cost"):
        low, high = values.get(f"{name}_from"), values.get(f"{name}_to")
        if low is not None and high is not None and low > high:
            raise InvalidInput(NOT_IN_ORDER, field=f"{name}_to")


def _put(row: TeachingRoute, values: Mapping[str, Any]) -> bool:
    """Write what differs; was there anything?"""
    differing = {}
    for name in COLUMNS:
        value = values[name]
        value = CODES[name](value) if name in CODES else value
        if getattr(row, name) != value or row.id is None:
            differing[name] = value
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _record(session: Session, row: TeachingRoute, change: Change, actor: Actor, now: datetime) -> None:
    _keep(session, row, change, actor.user_id, now)
    accounts.record(
        session,
        action=f"route_{change.value}",
        object_type="teaching_route",
        object_id=row.id,
        actor_id=actor.user_id,
        now=now,
    )


def _keep(session: Session, row: TeachingRoute, change: Change, by_id: int | None, now: datetime) -> None:
    last = session.scalar(select(func.max(TeachingRouteRevision.seq)).where(TeachingRouteRevision.route_id == row.id))
    said = {name: _to_json(getattr(row, name)) for name in COLUMNS}
    revision = TeachingRouteRevision(
        route_id=row.id, seq=(last or 0) + 1, change=change, at=now, by_id=by_id, said=said
    )
    session.add(revision)
    session.flush()


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_json(said: Mapping[str, Any]) -> dict[str, Any]:
    return {**said, "checked_on": date.fromisoformat(said["checked_on"])}


def _code(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60]
    if not code:
        raise InvalidInput(NO_NAME, field="title_en")
    return code
