"""Who hears of a step, and with which words: one table from (action, next state) to audience and template.

Rows only; a task sends them later. Texts are in templates/mail/matching/.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import coordinators_of, members_of, recipients_of
from matcher.accounts.states import Role
from matcher.availability.absence_queries import away_until, stand_ins
from matcher.availability.moments import day_range
from matcher.availability.states import Kind
from matcher.matching.behalf_services import quiet
from matcher.matching.bridges import KEY, PAIR, is_pair
from matcher.matching.calendar import build_event
from matcher.matching.class_queries import class_visits
from matcher.matching.download_queries import location_of
from matcher.matching.letters import letter_for, manner_of
from matcher.matching.models import Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.moments import visits_of
from matcher.matching.queries import calendar_number, chosen_moment
from matcher.matching.route_notice_services import tell_of_route
from matcher.matching.states import FINAL, UNDO_SECONDS, Action, MatchState, Side
from matcher.matching.uninvite_services import uninvite
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.states import RequestState

_S, _A, _SCHOOL, _COMPANY, _COORDINATOR = MatchState, Action, Side.SCHOOL, Side.COMPANY, Side.COORDINATOR
BOTH = (_SCHOOL, _COMPANY)


class Audience(NamedTuple):
    """Sides that hear of a step, the template, and what happens to their calendar."""

    sides: tuple[Side, ...]
    template: str
    calendar: str | None = None  # tentative, confirmed, cancelled
    others_only: bool = False  # not the side that did it
    channels: tuple[str, ...] = ("mail", "inbox")
    only_from: MatchState | None = None


AUDIENCES: dict[tuple[Action, MatchState], tuple[Audience, ...]] = {
    (_A.PROPOSE, _S.PROPOSED): (Audience(BOTH, "proposed", others_only=True),),
    (_A.SUGGEST_MOMENT, _S.PROPOSED): (Audience(BOTH, "another_moment", others_only=True),),
    (_A.ACCEPT, _S.PROPOSED): (Audience(BOTH, "one_yes", others_only=True),),
    (_A.ACCEPT, _S.ACCEPTED): (
        Audience(BOTH, "both_yes", "tentative"),
        Audience((_COORDINATOR,), "to_approve", channels=("inbox",)),
    ),
    (_A.DECLINE, _S.DECLINED): (Audience(BOTH, "declined", others_only=True),),
    (_A.HAND_OVER, _S.DECLINED): (Audience((_SCHOOL,), "handed_over"),),
    (_A.EXPIRE, _S.EXPIRED): (
        Audience(BOTH, "expired", "cancelled"),
        Audience((_COORDINATOR,), "unapproved", channels=("inbox",), only_from=_S.ACCEPTED),
    ),
    (_A.SUPERSEDE, _S.SUPERSEDED): (Audience((_COMPANY,), "superseded"),),
    (_A.WITHDRAW, _S.WITHDRAWN): (Audience(BOTH, "withdrawn", "cancelled", others_only=True),),
    (_A.APPROVE, _S.APPROVED): (Audience(BOTH, "approved", "confirmed"),),
    (_A.REJECT, _S.REJECTED): (Audience(BOTH, "rejected", "cancelled"),),
    (_A.ASK_MOVE, _S.APPROVED): (Audience(BOTH, "move_asked", others_only=True),),
    (_A.MOVE, _S.APPROVED): (
        Audience(BOTH, "moved", "confirmed"),
        Audience((_COORDINATOR,), "moved", channels=("inbox",)),
    ),
    (_A.MOVE, _S.ACCEPTED): (
        Audience(BOTH, "moved", "tentative"),
        Audience((_COORDINATOR,), "to_approve", channels=("inbox",)),
    ),
    (_A.CHANGE_VISITOR, _S.APPROVED): (
        Audience(BOTH, "visitor_changed", "confirmed"),
        Audience((_COORDINATOR,), "visitor_changed", channels=("inbox",)),
    ),
    (_A.CHANGE_VISITOR, _S.ACCEPTED): (
        Audience(BOTH, "visitor_changed", "tentative"),
        Audience((_COORDINATOR,), "to_approve", channels=("inbox",)),
    ),
    (_A.LAPSE, _S.ACCEPTED): (
        Audience(BOTH, "lapsed", "tentative"),
        Audience((_COORDINATOR,), "to_approve", channels=("inbox",)),
    ),
    (_A.CANCEL, _S.CANCELLED): (
        Audience(BOTH, "cancelled", "cancelled"),
        Audience((_COORDINATOR,), "cancelled", channels=("inbox",)),
    ),
    (_A.REPORT_HELD, _S.HELD): (Audience(BOTH, "held"),),
    (_A.REPORT_MISSED, _S.MISSED): (Audience(BOTH, "missed"),),
}


def place_of(side: Side, request: Request, offer: Offer) -> int:
    """The organisation at which a side is reached."""
    return request.organisation_id if side is Side.SCHOOL else offer.organisation_id


def tell(session: Session, match: Match, request: Request, offer: Offer, event: MatchEvent) -> None:
    """Put a notice in the outbox for everybody who must hear of this step."""
    host = session.info.get("host", "matcher.invalid")
    moment = chosen_moment(session, match.id) or _moment_before(session, event) or _only_plan(session, match)
    params = step_params(session, match, request, offer, event, moment)
    unmailed, number = quiet(session, match, request, offer), calendar_number(session, match, event.seq)
    audiences, in_calendars = AUDIENCES.get((event.action, MatchState(event.to_state)), ()), set()
    for audience in audiences:
        if audience.only_from not in (None, event.from_state):
            continue
        for side in audience.sides:
            if audience.others_only and side is event.role:
                continue
            for recipient in people_of(session, side, match, request, offer, now=event.at):
                template = letter_for(match.kind, _letter(audience, side, match, request))
                calendar, method = _calendar(audience, match, moment, params, recipient, event, host, number)
                in_calendars |= {recipient.email} if calendar else set()
                enqueue(
                    session,
                    recipient=recipient,
                    template=template,
                    params=params
                    | {"side": side.value}
                    | _instead(match, request, side)
                    | _thanks(session, match, side),
                    subject="match",
                    subject_id=match.id,
                    seq=event.seq,
                    now=event.at,
                    hold_seconds=UNDO_SECONDS,
                    channels=channels_for(side, audience.channels, unmailed),
                    calendar=calendar,
                    calendar_method=method,
                    manner=manner_of(template),
                    sender_id=event.actor_id if event.action is Action.PROPOSE else None,
                )
    if moment is not None and any(audience.calendar for audience in audiences):
        uninvite(session, match, event, moment, params, told=in_calendars, number=number)
    if event.to_state in {MatchState.APPROVED.value, MatchState.HELD.value}:
        tell_of_route(session, match, request, moment.day if moment else None, event.at)


def _only_plan(session: Session, match: Match) -> MatchMoment | None:
    """A placement begins with one plan, so that its letters can name the half-days before anybody chose."""
    if match.kind is not Kind.HYBRID_PLACEMENT:
        return None
    query = select(MatchMoment).where(MatchMoment.match_id == match.id, MatchMoment.dropped_at.is_(None))
    return session.scalars(query.order_by(MatchMoment.id).limit(1)).one_or_none()


def _is_broken(match: Match, request: Request, side: Side) -> bool:
    lost = match.state in FINAL - {MatchState.HELD, MatchState.MISSED}
    chooses = side is Side.SCHOOL and request.state is RequestState.OPEN
    return lost and chooses and is_pair(request.details)


def _instead(match: Match, request: Request, side: Side) -> dict[str, Any]:
    """Where the school chooses what comes next when one of two does not go on."""
    return {"answers_to": f"/requests/{request.id}"} if _is_broken(match, request, side) else {}


def _thanks(session: Session, match: Match, side: Side) -> dict[str, Any]:
    """The words of the school reach the guest with the letter that it took place."""
    report = session.get(VisitReport, (match.id, _SCHOOL)) if match.state is MatchState.HELD else None
    return {"thanks": report.thanks if report is not None and side is _COMPANY else ""}


def _letter(audience: Audience, side: Side, match: Match, request: Request) -> str:
    """A school that asked two people together hears that one of them does not go on, and what it can do."""
    return "bridge_broken" if _is_broken(match, request, side) else audience.template


def channels_for(side: Side, channels: Iterable[str], unmailed: Collection[Side]) -> list[str]:
    """Who spoke through a coordinator and wants no mail still finds everything on the site."""
    return [channel for channel in channels if channel != "mail" or side not in unmailed]


def people_of(
    session: Session, side: Side, match: Match, request: Request, offer: Offer, *, now: datetime
) -> list[Recipient]:
    """Who speaks for a side: the asker, the guest (or the contacts when no name is known yet), the coordinators.

    Of somebody who is away also the colleague who answers for them.
    """
    if side is Side.SCHOOL:
        first, place = [request.asked_by_id], request.organisation_id
    elif side is Side.COMPANY:
        person_id, place = match.visitor_id or match.professional_id, offer.organisation_id
        contacts = members_of(session, place, [Role.COMPANY_CONTACT]) if person_id is None else []
        first = [person_id] if person_id is not None else [contact.id for contact in contacts]
    else:
        return coordinators_of(session, match.region_id)
    second = [each.by_id for each in stand_ins(session, [place], now) if each.for_id in first]
    found = recipients_of(session, [*first, *second])
    people = [found[person_id] for person_id in dict.fromkeys([*first, *second]) if person_id in found]
    # Where the asker erased the account and nobody took over, the coordinator speaks for the school.
    return people or (coordinators_of(session, match.region_id) if side is Side.SCHOOL else [])


def seconds_away(session: Session, place_id: int, recipient: Recipient, now: datetime) -> int:
    """How long a reminder waits for somebody who is away and for whom nobody answers."""
    last_day = away_until(session, [recipient.user_id], now).get(recipient.user_id or 0)
    if last_day is None or any(each.for_id == recipient.user_id for each in stand_ins(session, [place_id], now)):
        return 0
    return day_range(last_day)[1] - int(now.timestamp())


def step_params(
    session: Session, match: Match, request: Request, offer: Offer, event: MatchEvent, moment: MatchMoment | None
) -> dict[str, Any]:
    """Plain values for the texts. No contact details: those open on the match page, from approval on."""
    school = session.get_one(Organisation, request.organisation_id)
    company = session.get_one(Organisation, offer.organisation_id)
    guest_id = match.visitor_id or match.professional_id
    guest = session.get(User, guest_id) if guest_id is not None else None
    actor = session.get(User, event.actor_id) if event.actor_id is not None else None
    asker = session.get_one(User, request.asked_by_id)
    return {
        "match_id": match.id,
        "request_id": request.id,
        "kind": match.kind.value,
        "title": request.title,
        "school": school.name,
        "place": school.place,
        "company": company.name,
        "guest": guest.name if guest else None,
        "asker": asker.name,
        "actor": actor.name if actor else None,
        "actor_side": event.role.value,
        "action": event.action.value,
        "from_state": event.from_state,
        "level": request.level,
        "group_size": request.group_size,
        "own_words": (request.own_words or str(request.details.get("learning_goal") or ""))[:600],
        "reason": event.reason,
        "note": event.note,
        "day": moment.day.isoformat() if moment else None,
        "starts": moment.starts if moment else None,
        "ends": moment.ends if moment else None,
        "periods": list(moment.periods) if moment else [],
        "parts": list(moment.parts) if moment else [],
        "where": location_of(request, school, company),
        "classes": [
            {"name": each.name, "starts": each.starts, "ends": each.ends}
            for each in class_visits(session, request, moment)
        ],
        "expires": match.expires_at.isoformat() if match.expires_at else None,
        "is_shared": is_pair(request.details) or event.details.get(KEY) == PAIR,
        "answers_to": f"/matches/{match.id}",
    }


def _moment_before(session: Session, event: MatchEvent) -> MatchMoment | None:
    """A step that clears the chosen moment keeps its id, so that texts and calendars can still name it."""
    moment_id = event.details.get("moment_id")
    return session.get(MatchMoment, moment_id) if moment_id else None


def _calendar(
    audience: Audience,
    match: Match,
    moment: MatchMoment | None,
    params: dict[str, Any],
    recipient: Recipient,
    event: MatchEvent,
    host: str,
    number: int,
) -> tuple[str | None, str | None]:
    """An invitation for one person: the other's address stays closed, so nobody else is an attendee."""
    was_in_calendar = event.from_state in {MatchState.ACCEPTED.value, MatchState.APPROVED.value}
    if audience.calendar is None or moment is None or (audience.calendar == "cancelled" and not was_in_calendar):
        return None, None
    method = "CANCEL" if audience.calendar == "cancelled" else "REQUEST"
    text = build_event(
        uid=f"match-{match.id}@{host}",
        sequence=number,
        method=method,
        status=audience.calendar.upper(),
        start=datetime.fromtimestamp(moment.start_s, UTC),
        end=datetime.fromtimestamp(moment.end_s, UTC),
        summary=f"{params['title']} – {params['school']}",
        description=params["own_words"],
        location=params["where"],
        organizer=f"noreply@{host}",
        attendees=[recipient.email],
        now=event.at,
        visits=visits_of(moment),
    )
    return text, method
