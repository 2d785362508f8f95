"""How a yes lies in somebody's agenda: visits with travel around them, half-days at a company. The locks are held."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from matcher.availability.halfdays import Part, days_of
from matcher.availability.holds import Hold, Placement, place_hold, visit_hold
from matcher.availability.models import Booking
from matcher.availability.states import Delivery, Party
from matcher.errors import Conflict
from matcher.i18n import _l
from matcher.matching.eligibility import MOST_CROSSED, visit_mode
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moments import parts_of, set_parts
from matcher.matching.states import MatchState
from matcher.matching.stay_queries import PLACES, teacher_of
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.geo import distance_km, travel_minutes
from matcher.requests.models import Request

TIME_TAKEN = _l("That time is already taken by another visit. Choose another moment.")
PLACE_TAKEN = _l("All places are taken on one of these days. Choose other days.")
TEACHER_AWAY = _l("The teacher already has something else on one of these days. Choose other days.")
SUPERVISOR_AWAY = _l("The supervisor already has something else on one of these days. Choose other days.")
TOO_MANY_TAKEN = _l("Too many of these half-days are taken by other visits. Choose other half-days.")
DAY = 24 * 3600


def book_person(
    session: Session, match: Match, request: Request, offer: Offer, moment: MatchMoment, person_id: int
) -> None:
    """Every visit with its travel. A single visit must fit; of a term the visits that cross what was agreed before
    are given up, a quarter at most. Raises Conflict."""
    minutes, place = _travel(session, request, offer)
    parts = parts_of(moment)
    holds, kept = _holds_of(session, person_id, parts), []
    for start_s, end_s in days_of(parts):
        placement = place_hold(visit_hold(start_s, end_s, travel_minutes=minutes, place=place), holds)
        if placement.possible:
            holds = _with(session, match, person_id, holds, placement)
            kept += [part for part in parts if start_s <= part[0] < end_s]
    if len(parts) == 1 and not kept:
        raise Conflict(TIME_TAKEN)
    if (len(parts) - len(kept)) * MOST_CROSSED > len(parts):
        raise Conflict(TOO_MANY_TAKEN)
    if kept != parts:
        set_parts(moment, kept)
    session.flush()


def _travel(session: Session, request: Request, offer: Offer) -> tuple[float, str | None]:
    """Minutes of travel and the place's name; nobody travels to an online visit."""
    school = session.get_one(Organisation, request.organisation_id)
    away = distance_km(offer.lat, offer.lon, school.lat or offer.lat, school.lon or offer.lon)
    if visit_mode(request, offer, away) is Delivery.ONLINE:
        return 0.0, None
    return travel_minutes(away), f"school:{school.id}"


def _with(session: Session, match: Match, person_id: int, holds: Sequence[Hold], placement: Placement) -> list[Hold]:
    """Write the hold and its neighbours' shorter pads; gives the holds as they are now."""
    for other in placement.trimmed:
        _shorten(session, other)
    hold = placement.hold
    booking = _booking(match.id, Party.PERSON, person_id, hold.from_s, hold.until_s)
    booking.pad_before_s, booking.pad_after_s = hold.pad_before_s, hold.pad_after_s
    session.add(booking)
    session.flush()
    trimmed = {other.key: other for other in placement.trimmed}
    return [*(trimmed.get(other.key, other) for other in holds), replace(hold, key=booking.id)]


def _shorten(session: Session, hold: Hold) -> None:
    session.execute(
        update(Booking)
        .where(Booking.id == hold.key)
        .values(
            start_s=hold.from_s,
            end_s=hold.until_s,
            pad_before_s=hold.pad_before_s,
            pad_after_s=hold.pad_after_s,
        )
    )


def _booking(match_id: int, party: Party, party_id: int, start_s: int, end_s: int) -> Booking:
    return Booking(match_id=match_id, party=party, party_id=party_id, start_s=start_s, end_s=end_s, live=True)


def _holds_of(session: Session, person_id: int, parts: Sequence[Part]) -> list[Hold]:
    """A person's live bookings around these visits, with their pads; ``key`` is the booking's id."""
    rows = session.execute(
        select(Booking, Request.organisation_id, Request.delivery)
        .join(Match, Match.id == Booking.match_id)
        .join(Request, Request.id == Match.request_id)
        .where(
            Booking.party == Party.PERSON,
            Booking.party_id == person_id,
            Booking.live,
            Booking.start_s < parts[-1][1] + DAY,
            Booking.end_s > parts[0][0] - DAY,
        )
    )
    return [
        Hold(
            booking.start_s + booking.pad_before_s,
            booking.end_s - booking.pad_after_s,
            booking.pad_before_s,
            booking.pad_after_s,
            None if delivery is Delivery.ONLINE else f"school:{school_id}",
            booking.id,
        )
        for booking, school_id, delivery in rows
    ]


def book_stay(session: Session, match: Match, request: Request, offer: Offer, moment: MatchMoment) -> None:
    """An internship: the teacher, a place, and the supervisor when the company named one, for every half-day. Who
    guides several teachers at once is held by the first of them. Raises Conflict."""
    parts = parts_of(moment)
    teacher_id, supervisor_id = teacher_of(request), supervisor_of(offer)
    _check_free(session, teacher_id, parts, TEACHER_AWAY)
    held = [(Party.PERSON, teacher_id, parts), (Party.PLACE, _free_place(session, offer, parts), parts)]
    if supervisor_id is not None and supervisor_id != teacher_id:
        held.append((Party.PERSON, supervisor_id, _not_guided(session, offer, supervisor_id, parts)))
    rows = [
        {
            "match_id": match.id,
            "party": party,
            "party_id": party_id,
            "start_s": start_s,
            "end_s": end_s,
            "pad_before_s": 0,
            "pad_after_s": 0,
            "live": True,
        }
        for party, party_id, its_parts in held
        for start_s, end_s in its_parts
    ]
    session.execute(insert(Booking), rows)


def supervisor_of(offer: Offer) -> int | None:
    """The member of the company who guides an internship, if somebody with an account was named."""
    number = offer.details.get("supervisor_id")
    return int(number) if number else None


def _not_guided(session: Session, offer: Offer, supervisor_id: int, parts: Sequence[Part]) -> list[Part]:
    """The half-days on which the supervisor does not guide another teacher at this place yet. Raises Conflict when
    there is something else."""
    at_this_place = select(Match.id).where(Match.offer_id == offer.id)
    query = select(Booking.start_s, Booking.end_s).where(
        Booking.party == Party.PERSON,
        Booking.party_id == supervisor_id,
        Booking.live,
        Booking.match_id.in_(at_this_place),
        Booking.start_s < parts[-1][1],
        Booking.end_s > parts[0][0],
    )
    guided = {(row.start_s, row.end_s) for row in session.execute(query)}
    free = [part for part in parts if part not in guided]
    if free:
        _check_free(session, supervisor_id, free, SUPERVISOR_AWAY)
    return free


def pass_supervisor_on(session: Session, match: Match, held: Sequence[Booking]) -> None:
    """An internship let go of its time: who guided its teacher is held by another one at the same place, if there is
    one on that half-day."""
    offer = session.get_one(Offer, match.offer_id)
    supervisor_id = supervisor_of(offer)
    freed = {
        (each.start_s, each.end_s) for each in held if each.party is Party.PERSON and each.party_id == supervisor_id
    }
    if not freed or offer.places == 1:
        return
    others = select(Match.id, MatchMoment).join(MatchMoment, MatchMoment.match_id == Match.id)
    agreed = Match.state.in_((MatchState.ACCEPTED, MatchState.APPROVED, MatchState.HELD))
    found = others.where(Match.offer_id == offer.id, Match.id != match.id, agreed, MatchMoment.chosen)
    for heir_id, moment in session.execute(found.order_by(Match.id)):
        taken = freed & set(parts_of(moment))
        session.add_all(_booking(heir_id, Party.PERSON, supervisor_id or 0, *part) for part in sorted(taken))
        freed -= taken
    session.flush()


def _check_free(session: Session, person_id: int, parts: Sequence[Part], refusal: object) -> None:
    spans = _live(session, Party.PERSON, [person_id], parts)
    if any(
        start_s < other_end and other_start < end_s for start_s, end_s in parts for _id, other_start, other_end in spans
    ):
        raise Conflict(refusal)


def _free_place(session: Session, offer: Offer, parts: Sequence[Part]) -> int:
    """A number that is free on every half-day, the lowest; never more at once than the company has places now."""
    numbers = range(offer.id * PLACES + 1, (offer.id + 1) * PLACES)
    held = _live(session, Party.PLACE, numbers, parts)
    crossed = [
        {number for number, other_start, other_end in held if start_s < other_end and other_start < end_s}
        for start_s, end_s in parts
    ]
    free = next((number for number in numbers if not any(number in taken for taken in crossed)), None)
    if free is None or any(len(taken) >= offer.places for taken in crossed):
        raise Conflict(PLACE_TAKEN)
    return free


def _live(session: Session, party: Party, ids: Sequence[int], parts: Sequence[Part]) -> list[tuple[int, int, int]]:
    query = select(Booking.party_id, Booking.start_s, Booking.end_s).where(
        Booking.party == party,
        Booking.party_id.in_(ids),
        Booking.live,
        Booking.start_s < parts[-1][1],
        Booking.end_s > parts[0][0],
    )
    return [(row.party_id, row.start_s, row.end_s) for row in session.execute(query)]
