"""What a yes holds: a place of the request, the time of the person and of the class. The caller holds the locks."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.availability.models import Booking
from matcher.availability.states import Kind, Party
from matcher.errors import Conflict
from matcher.i18n import _l
from matcher.matching.class_queries import class_spans
from matcher.matching.hold_services import book_person, book_stay, pass_supervisor_on
from matcher.matching.models import Consent, Match, MatchMoment
from matcher.matching.states import TAKES_PLACE, MatchState, Side
from matcher.offers.models import Offer
from matcher.requests.models import Request


def choose_moment(session: Session, match_id: int, moment_id: int | None) -> None:
    """At most one is chosen: clear first, or the unique index speaks."""
    session.execute(
        update(MatchMoment).where(MatchMoment.match_id == match_id, MatchMoment.chosen).values(chosen=False)
    )
    if moment_id is not None:
        session.execute(update(MatchMoment).where(MatchMoment.id == moment_id).values(chosen=True))
    session.flush()


def free_place(session: Session, match: Match, request: Request) -> int:
    """The lowest free place of the request; a further yes gets a kind Conflict. The request row is locked."""
    taken = set(
        session.scalars(
            select(Match.place_no).where(
                Match.request_id == request.id, Match.state.in_(TAKES_PLACE), Match.id != match.id
            )
        )
    )
    free = next((number for number in range(1, request.needed + 1) if number not in taken), None)
    if free is None:
        raise Conflict(_l("Somebody else is already coming to this class. Thank you for saying yes anyway."))
    return free


def take_place(session: Session, match: Match, request: Request) -> None:
    """Stand on the free place at once."""
    match.place_no = free_place(session, match, request)


def book(session: Session, match: Match, request: Request, offer: Offer, moment: MatchMoment) -> None:
    """Hold the time of the person and the class, or of teacher and place. Their rows are locked; the database's own
    refusal stays behind as a net. Raises Conflict when the time is taken."""
    release(session, match.id)
    if request.kind is Kind.TEACHER_INTERNSHIP:
        book_stay(session, match, request, offer, moment)
        return
    person_id = match.visitor_id or match.professional_id
    if person_id is not None:
        book_person(session, match, request, offer, moment, person_id)
    if request.kind is Kind.GUEST_LECTURE:
        _book_class(session, match, moment, request)
    session.flush()


def _book_class(session: Session, match: Match, moment: MatchMoment, request: Request) -> None:
    """Each class is in one room once; several guests of one request may share its hour."""
    for class_id, (start_s, end_s) in class_spans(session, request, moment).items():
        crossing = session.scalars(
            select(Match.request_id)
            .join(Booking, Booking.match_id == Match.id)
            .where(
                Booking.party == Party.CLASS,
                Booking.party_id == class_id,
                Booking.live,
                Booking.start_s < end_s,
                Booking.end_s > start_s,
            )
        ).all()
        if set(crossing) - {request.id}:
            raise Conflict(_l("This class already has a visit at that time. Choose another moment."))
        if not crossing:
            _hold_class(session, match.id, class_id, start_s, end_s)


def _hold_class(session: Session, match_id: int, class_id: int, start_s: int, end_s: int) -> None:
    session.add(
        Booking(match_id=match_id, party=Party.CLASS, party_id=class_id, start_s=start_s, end_s=end_s, live=True)
    )


def release(session: Session, match_id: int) -> None:
    """Let go of the time a match held. A class hour that another guest still needs moves to that match, and so does a
    supervisor who guides another teacher that half-day."""
    held = session.scalars(select(Booking).where(Booking.match_id == match_id, Booking.live)).all()
    if not held:
        return
    session.execute(update(Booking).where(Booking.match_id == match_id, Booking.live).values(live=False))
    for booking in held:
        if booking.party is Party.CLASS:
            _pass_on(session, match_id, booking)
    if any(booking.party is Party.PLACE for booking in held):
        pass_supervisor_on(session, session.get_one(Match, match_id), held)
    session.flush()


def _pass_on(session: Session, match_id: int, held: Booking) -> None:
    request_id = select(Match.request_id).where(Match.id == match_id).scalar_subquery()
    heir = session.scalar(
        select(Match.id)
        .join(MatchMoment, MatchMoment.match_id == Match.id)
        .where(
            Match.request_id == request_id,
            Match.id != match_id,
            Match.state.in_((MatchState.ACCEPTED, MatchState.APPROVED)),
            MatchMoment.chosen,
            MatchMoment.start_s < held.end_s,
            MatchMoment.end_s > held.start_s,
        )
        .order_by(Match.id)
        .limit(1)
    )
    if heir is not None:
        _hold_class(session, heir, held.party_id, held.start_s, held.end_s)


def reset_consents(session: Session, match_id: int, *, but: Side | None = None) -> None:
    """A new moment asks everybody again, but for the side that named it."""
    session.execute(
        update(Consent)
        .where(Consent.match_id == match_id, Consent.party != (but or Side.SYSTEM))
        .values(given_at=None, given_by_id=None, seq=None)
    )
    session.flush()
