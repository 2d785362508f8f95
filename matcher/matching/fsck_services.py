"""Mending what can be made anew from the rest: copies, flags and leftovers. History is never touched.

Each mend names the promise it restores, which of the broken rows it can deal with, and how.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from matcher.accounts.models import UserSession
from matcher.accounts.services import record
from matcher.availability.models import Booking
from matcher.matching.fsck_queries import Finding, broken_promises
from matcher.matching.models import AllowedTransition, Match
from matcher.matching.states import ALLOWED_TRANSITIONS
from matcher.matching.suggestion_models import RequestTick
from matcher.notices.models import NoticeState, Outbox
from matcher.offers.models import Offer, OfferSearch
from matcher.offers.search_services import refresh_search_key

CHUNK = 500


@dataclass(frozen=True)
class Mend:
    """`says` completes "this would …"; `able` tells which rows of a finding it can deal with."""

    says: str
    do: Callable[[Session, Sequence[str], datetime], None]
    able: Callable[[str], bool] = bool


@dataclass(frozen=True)
class Planned:
    """A mend that has something to do."""

    name: str
    says: str
    rows: list[str]


def planned(findings: Sequence[Finding]) -> list[Planned]:
    """What mending would do about these findings."""
    found = []
    for finding in findings:
        mend = MENDS.get(finding.name)
        rows = [row for row in finding.rows if mend is not None and mend.able(row)]
        if mend is not None and rows:
            found.append(Planned(finding.name, mend.says, rows))
    return found


def mend(session: Session, *, now: datetime) -> list[Planned]:
    """Do all of it in this unit, with a line in the audit for each kind. A second run finds nothing to do."""
    plans = planned(broken_promises(session))
    for plan in plans:
        MENDS[plan.name].do(session, plan.rows, now)
        record(
            session,
            action="fsck_mended",
            object_type="database",
            object_id=None,
            actor_id=None,
            details={"promise": plan.name, "rows": len(plan.rows)},
            now=now,
        )
    session.flush()
    return plans


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK))


def _let_go(session: Session, rows: Sequence[str], now: datetime) -> None:
    for ids in _chunks([int(row) for row in rows]):
        session.execute(update(Booking).where(Booking.id.in_(ids)).values(live=False))


def _free_numbers(session: Session, rows: Sequence[str], now: datetime) -> None:
    for ids in _chunks([int(row) for row in rows]):
        session.execute(update(Match).where(Match.id.in_(ids)).values(place_no=None))


def _key_again(session: Session, rows: Sequence[str], now: datetime) -> None:
    for offer_id in sorted(int(row.removeprefix("offer ")) for row in rows):
        if session.get(Offer, offer_id) is None:
            session.execute(delete(OfferSearch).where(OfferSearch.offer_id == offer_id))
        else:
            refresh_search_key(session, offer_id, now=now)


def _forget_ticks(session: Session, rows: Sequence[str], now: datetime) -> None:
    for row in rows:
        request_id, offer_id = map(int, row.split("/"))
        session.execute(
            delete(RequestTick).where(RequestTick.request_id == request_id, RequestTick.offer_id == offer_id)
        )


def _try_again(session: Session, rows: Sequence[str], now: datetime) -> None:
    values = {"state": NoticeState.RETRY, "lease_until": None, "lease_token": None}
    for ids in _chunks([int(row) for row in rows]):
        session.execute(update(Outbox).where(Outbox.id.in_(ids)).values(values))


def _sign_out(session: Session, rows: Sequence[str], now: datetime) -> None:
    for row in rows:
        session.execute(delete(UserSession).where(UserSession.id == row))


_STEPS = {" ".join(step): step for step in ALLOWED_TRANSITIONS}


def _add_steps(session: Session, rows: Sequence[str], now: datetime) -> None:
    names = ("from_state", "action", "to_state")
    session.execute(insert(AllowedTransition), [dict(zip(names, _STEPS[row], strict=True)) for row in rows])


MENDS: dict[str, Mend] = {
    "bookings belong to an agreement": Mend("let go of time that ended matches hold", _let_go, str.isdigit),
    "INV-6 numbers without a place": Mend("take the number from who has no place", _free_numbers),
    "search key": Mend("write the search rows of these offers anew", _key_again),
    "ticks": Mend("forget ticks that lead nowhere", _forget_ticks),
    "letters under way": Mend("have these letters sent again", _try_again),
    "sessions of people who may sign in": Mend("end these sessions", _sign_out),
    "table of steps": Mend("add the steps that are missing", _add_steps, _STEPS.__contains__),
}
"""What can be made anew. A promise that is not here is mended by people."""
