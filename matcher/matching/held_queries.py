"""What was known at a moment: which steps, and which bookings held. Bookings only say what holds now; what held then,
the steps know."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import Session

from matcher.availability.models import Booking
from matcher.availability.states import Party
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.states import NOTED_AT, TAKES_PLACE, Action

PRESENT = timedelta(minutes=5)
"""Whoever asks about now must see what others did a moment ago, also when their clock is ahead."""


def moment_of_step() -> ColumnElement[int]:
    """The id of the moment that a step was about."""
    number: ColumnElement[int] = MatchEvent.details["moment_id"].as_integer()
    return number


def known_at(as_of: datetime) -> ColumnElement[bool]:
    """Steps that were there by then. What was arranged elsewhere is dated as it happened, and was noted only later."""
    noted = MatchEvent.details[NOTED_AT].as_string()
    return and_(MatchEvent.at <= as_of, or_(noted.is_(None), noted <= as_of.astimezone(UTC).isoformat()))


def held_at(session: Session, as_of: datetime) -> ColumnElement[bool]:
    """A condition on bookings that are joined with their match."""
    if session.scalar(select(exists().where(MatchEvent.at > as_of + PRESENT))):
        return and_(_took_place_then(as_of), _was_its_moment(as_of), _was_the_visitor(as_of))
    return Booking.live.is_(True)


def _steps_until(as_of: datetime, *what: Any) -> Any:
    """The last step of the match by then, for a subquery."""
    query = select(*what).where(MatchEvent.match_id == Match.id, known_at(as_of))
    return query.order_by(MatchEvent.seq.desc()).limit(1).correlate(Match)


def _took_place_then(as_of: datetime) -> ColumnElement[bool]:
    state: ColumnElement[str] = _steps_until(as_of, MatchEvent.to_state).scalar_subquery()
    return state.in_([each.value for each in TAKES_PLACE])


def _was_its_moment(as_of: datetime) -> ColumnElement[bool]:
    """An earlier or later choice of a moment left bookings of its own."""
    chosen = _steps_until(as_of, moment_of_step()).where(moment_of_step().is_not(None)).scalar_subquery()
    begins = Booking.start_s + Booking.pad_before_s
    return exists().where(MatchMoment.id == chosen, MatchMoment.start_s <= begins, begins < MatchMoment.end_s)


def _was_the_visitor(as_of: datetime) -> ColumnElement[bool]:
    """Whoever took over later had not taken over yet."""
    changed = exists().where(
        MatchEvent.match_id == Match.id, MatchEvent.at > as_of, MatchEvent.action == Action.CHANGE_VISITOR
    )
    first = Booking.party_id == Match.professional_id
    return or_(Booking.party != Party.PERSON, case((changed, first), else_=True))
