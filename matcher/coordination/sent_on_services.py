"""An approval that nobody touches goes to the stand-in, then to the node up, or is taken. Flushes, never commits."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.accounts.services import record
from matcher.coordination.models import SentOn
from matcher.coordination.sending_on import Rung
from matcher.coordination.sent_on_queries import Due, due_to_send_on, sent_on
from matcher.errors import Conflict
from matcher.matching.door_services import NOT_POSSIBLE_NOW, locked, permitted
from matcher.matching.models import Match, MatchEvent
from matcher.matching.notice_services import step_params
from matcher.matching.queries import chosen_moment
from matcher.matching.states import Action
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.regions.queries import region
from matcher.requests.models import Request

SUBJECT = "sent_on"


def send_on(session: Session, match_id: int, *, now: datetime) -> bool:
    """To the next who may decide, when the time of the present ones is over. Nothing is approved by silence."""
    match, request, offer = locked(session, match_id)
    due = next(iter(due_to_send_on(session, now, match_id=match_id)), None)
    if due is None:
        return False
    row = SentOn(
        match_id=match.id,
        seq=match.seq,
        hop=due.hop,
        region_id=due.to.region_id,
        stand_in=due.to.stand_in,
        reason=due.reason,
        waited_days=due.waited_days,
        told=[one.user_id for one in due.to.people],
        sent_at=now,
    )
    session.add(row)
    session.flush()
    _tell(session, row, due, _params(session, match, request, offer, due), now)
    return True


def take_approval(session: Session, match_id: int, *, actor: Actor, now: datetime) -> None:
    """Somebody of the region or above says "I do this one": it goes to nobody else while they have their time.

    Raises NotFound, Forbidden, IllegalMove; Conflict when it was not sent on, or somebody else was first.
    """
    match, _request, _offer = locked(session, match_id)
    permitted(session, match, Action.APPROVE, actor, now)
    hops = sent_on(session, [match.id]).get((match.id, match.seq), [])
    if not hops or hops[-1].taken_by_id not in (None, actor.user_id):
        raise Conflict(NOT_POSSIBLE_NOW)
    if hops[-1].taken_by_id is None:
        hops[-1].taken_at, hops[-1].taken_by_id = now, actor.user_id
        record(
            session,
            action="approval_taken",
            object_type="match",
            object_id=match.id,
            actor_id=actor.user_id,
            region_id=match.region_id,
            now=now,
        )
    session.flush()


def _params(session: Session, match: Match, request: Request, offer: Offer, due: Due) -> dict[str, Any]:
    event = session.get_one(MatchEvent, (match.id, match.seq))
    return step_params(session, match, request, offer, event, chosen_moment(session, match.id)) | {
        "why": due.reason.value,
        "waited": due.waited_days,
        "region_id": match.region_id,
        "region": region(session, match.region_id).name,
        "to_region": region(session, due.to.region_id).name if due.to.region_id is not None else "",
        "stand_in": due.to.stand_in,
        "holders": ", ".join(one.name for one in due.holders),
    }


def _tell(session: Session, row: SentOn, due: Due, params: dict[str, Any], now: datetime) -> None:
    """A mail to who is next; whoever had it from the start reads in the inbox where it went."""
    decide = {"answers_to": f"/coordination/approve?match={row.match_id}"}
    name = {"answers_to": f"/coordination/regions/{params['region_id']}"} if _is_top(due.to) else decide
    for people, template, channels, path in (
        (due.to.people, "coordination/sent_on", ("mail", "inbox"), name),
        (due.holders, "coordination/sent_on_from_you", ("inbox",), decide),
    ):
        for recipient in people:
            enqueue(
                session,
                recipient=recipient,
                template=template,
                params=params | path,
                subject=SUBJECT,
                subject_id=row.id,
                seq=row.hop,
                now=now,
                channels=channels,
            )


def _is_top(rung: Rung) -> bool:
    """Administrators do not decide: they name somebody who does."""
    return rung.region_id is None
