"""Whose turn it is with a request that does not go the usual way: kept until later, or asked of two together."""

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.i18n import _
from matcher.matching.bridge_queries import Asked
from matcher.matching.bridges import PAIR
from matcher.requests.models import Request
from matcher.requests.states import RequestState


def bridge_turn(bridge: Asked | None) -> tuple[str, bool] | None:
    """Two people were asked together, and one of them does not go on."""
    if bridge is None or bridge.sort != PAIR or bridge.standing != "broken":
        return None
    return _("It is your turn: one of the two cannot. Keep the other in fewer half-days, or look again."), True


def kept_turn(session: Session, request: Request, reader: Actor) -> tuple[str, bool] | None:
    """It waits until the place of who asks is confirmed: their own for who asks, that of a colleague for others."""
    if request.state is not RequestState.DRAFT or not request.held_back:
        return None
    if request.asked_by_id == reader.user_id:
        return _("Kept for you: we send it as soon as your place at the school is confirmed."), False
    name = session.get_one(User, request.asked_by_id).name
    return _("Kept: we send it as soon as %(name)s is confirmed at the school.", name=name), False
