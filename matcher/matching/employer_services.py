"""An employer's consent by a signed link, without an account: asked when no other yes is missing, answered once."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.accounts.services import issue_link, use_link
from matcher.accounts.tokens import Purpose
from matcher.errors import Conflict
from matcher.i18n import _l
from matcher.matching.behalf import Voice
from matcher.matching.door_services import locked, step
from matcher.matching.employer import employer_of, needs_employer
from matcher.matching.letters import letter_for
from matcher.matching.models import Consent, Match, MatchEvent
from matcher.matching.moment_services import moment_of_match
from matcher.matching.notice_services import step_params, tell
from matcher.matching.queries import chosen_moment, facts_of_match
from matcher.matching.states import UNDO_SECONDS, Action, DeclineReason, MatchState, Side
from matcher.matching.yes_services import say_yes
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.offers.models import Offer
from matcher.requests.models import Request

CHANGED = _l("This question changed in the meantime. If your answer is still needed you get a new mail.")


class Asked(NamedTuple):
    """What a link is about: the yes it belongs to, and the moment it names."""

    match_id: int
    moment_id: int


def ask_employer(session: Session, match: Match, request: Request, offer: Offer, event: MatchEvent) -> bool:
    """Mail the employer once only their yes is missing. False when nobody has to be asked (yet)."""
    facts = facts_of_match(session, match, event.at)
    moment = chosen_moment(session, match.id)
    if facts.missing != {Side.EMPLOYER} or moment is None or not needs_employer(offer.details):
        return False
    subject = {"match_id": match.id, "moment_id": moment.id}
    secret = issue_link(session, purpose=Purpose.EMPLOYER_CONSENT, subject=subject, now=event.at)
    employer = employer_of(offer.details)
    params = step_params(session, match, request, offer, event, moment)
    enqueue(
        session,
        recipient=Recipient(None, employer.email, employer.name),
        template=letter_for(match.kind, "employer_asked"),
        params=params | {"side": Side.EMPLOYER.value, "answers_to": f"/employer-consent/{secret}"},
        subject="match",
        subject_id=match.id,
        seq=event.seq,
        now=event.at,
        hold_seconds=UNDO_SECONDS,
        channels=("mail",),
    )
    return True


def answer_for_employer(session: Session, secret: str, *, agrees: bool, now: datetime) -> Match:
    """Raises Conflict for a link that was used, is too old or is about something that changed."""
    asked = Asked(**use_link(session, secret=secret, purpose=Purpose.EMPLOYER_CONSENT, now=now).subject)
    match, request, offer = locked(session, asked.match_id)
    facts = facts_of_match(session, match, now)
    moment = chosen_moment(session, match.id)
    waiting = match.state is MatchState.PROPOSED and facts.missing == {Side.EMPLOYER}
    if not waiting or moment is None or moment.id != asked.moment_id or match.professional_id is None:
        raise Conflict(CHANGED)
    # Whoever answers has no account: the event stands beside the person it is about and names the employer.
    said = Voice(actor_for(session, match.professional_id), None, {"employer": employer_of(offer.details).name})
    if agrees:
        moment_of_match(session, match, moment.id, now)
        say_yes(session, match, request, offer, facts, Side.EMPLOYER, moment, moment, said, now)
        session.get_one(Consent, (match.id, Side.EMPLOYER)).given_by_id = None
        return match
    event = step(
        session,
        match,
        Action.DECLINE,
        MatchState.DECLINED,
        actor=said.actor,
        role=Side.EMPLOYER,
        now=now,
        reason=DeclineReason.NONE_GIVEN.value,
        details=said.noted | {"moment_id": moment.id},
    )
    tell(session, match, request, offer, event)
    return match
