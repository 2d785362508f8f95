"""Which rows the clock has something to do for. Each answer is a list of ids, read in a look of its own."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased

from matcher.accounts.models import User
from matcher.availability.states import Kind
from matcher.db import Database
from matcher.matching.bridges import is_pair
from matcher.matching.deadlines import is_late
from matcher.matching.held_queries import moment_of_step
from matcher.matching.kept_queries import is_kept
from matcher.matching.letters import every
from matcher.matching.models import Consent, Match, MatchEvent, MatchMoment, VisitReport
from matcher.matching.states import LIVE, TAKES_PLACE, Action, MatchState, Side
from matcher.matching.suggestion_models import RequestTick, SuggestionRun
from matcher.matching.trials import KEY as TRIAL
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState
from matcher.safeguarding.models import Proof

MOST = 500
LEFT = "left_to_coordinator"
"""In the details of a request: since when nobody at the school can go on with it."""
HOW_WAS_IT = "how_was_it"


def _ids(database: Database, query: Select[int]) -> list[int]:
    with database.read() as session:
        return list(session.scalars(query.limit(MOST)))


def _chosen() -> Select[int]:
    return select(Match.id).join(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.chosen)


def expired(database: Database, now: datetime) -> list[int]:
    """Invitations past their day, and agreed visits that began without approval."""
    proposed = select(Match.id).where(Match.state == MatchState.PROPOSED, Match.expires_at <= now)
    begun = _chosen().where(Match.state == MatchState.ACCEPTED, MatchMoment.start_s <= now.timestamp())
    return _ids(database, proposed.order_by(Match.id)) + _ids(database, begun.order_by(Match.id))


def _school_stopped() -> ColumnElement[bool]:
    return exists().where(Organisation.id == Request.organisation_id, Organisation.stopped_at.is_not(None))


def dropping(database: Database, now: datetime) -> list[int]:
    """Invitations with a moment on the table whose notice time has passed, or that has begun. The verb knows the day
    of asking."""
    asked = exists().where(Consent.match_id == Match.id, Consent.party == Side.COMPANY, Consent.given_at.is_(None))
    noticed = MatchMoment.start_s - 86_400 * Offer.notice_days
    query = (
        select(Match.id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.dropped_at.is_(None))
        .where(
            Match.state == MatchState.PROPOSED,
            (MatchMoment.start_s <= now.timestamp()) | (asked & (noticed <= now.timestamp())),
        )
        .distinct()
    )
    return _ids(database, query.order_by(Match.id))


def _taken() -> ColumnElement[int]:
    other = aliased(Match)
    return (
        select(func.count(other.id))
        .where(other.request_id == Request.id, other.state.in_(TAKES_PLACE))
        .scalar_subquery()
    )


def superseded(database: Database, settled: datetime) -> list[int]:
    """Invitations of requests whose places are all taken, once the last yes can no longer be undone."""
    fresh = aliased(Match)
    undoable = exists().where(
        fresh.request_id == Request.id, fresh.state == MatchState.ACCEPTED, fresh.changed_at > settled
    )
    query = (
        select(Match.id)
        .join(Request, Request.id == Match.request_id)
        .where(Match.state == MatchState.PROPOSED, _taken() >= Request.needed, ~undoable)
    )
    return _ids(database, query.order_by(Match.id))


def lapsed(database: Database, now: datetime) -> list[int]:
    """Approved visits ahead whose visitor once showed a proof: only those can lapse, and a
    hybrid teacher shows it before the start. The verb checks the day itself."""
    with_proof = exists().where(Proof.user_id == Match.visitor_id, Proof.valid_until < MatchMoment.day)
    query = _chosen().where(
        Match.state == MatchState.APPROVED,
        Match.kind != Kind.HYBRID_PLACEMENT,
        MatchMoment.start_s > now.timestamp(),
        with_proof,
    )
    return _ids(database, query.order_by(Match.id))


def accepted(database: Database, settled: datetime) -> list[int]:
    """Agreed matches that a rule of the region may approve."""
    query = select(Match.id).where(Match.state == MatchState.ACCEPTED, Match.changed_at <= settled)
    return _ids(database, query.order_by(Match.id))


def over(database: Database, now: datetime) -> list[int]:
    """Visits that ended and whose sides were not asked yet how it was."""
    letters = Outbox.template.in_(every(HOW_WAS_IT))
    asked = exists().where(Outbox.subject == "match", Outbox.subject_id == Match.id, letters)
    since = (now - timedelta(days=21)).timestamp()
    query = _chosen().where(
        Match.state == MatchState.APPROVED,
        MatchMoment.end_s <= now.timestamp(),
        MatchMoment.end_s > since,
        ~asked,
    )
    return _ids(database, query.order_by(Match.id))


def nameless(database: Database, now: datetime) -> list[int]:
    """Approved visits soon of which the company has not said yet who comes. The verb knows the working days."""
    query = _chosen().where(
        Match.state == MatchState.APPROVED,
        Match.name_follows,
        Match.visitor_id.is_(None),
        MatchMoment.start_s > now.timestamp(),
        MatchMoment.start_s <= (now + timedelta(days=14)).timestamp(),
    )
    return _ids(database, query.order_by(Match.id))


def unreported(database: Database, now: datetime) -> list[int]:
    """Visits a week or longer ago with at most one answer."""
    answers = select(func.count(VisitReport.side)).where(VisitReport.match_id == Match.id).scalar_subquery()
    before = (now - timedelta(days=7)).timestamp()
    query = _chosen().where(Match.state == MatchState.APPROVED, MatchMoment.end_s <= before, answers < 2)
    return _ids(database, query.order_by(Match.id))


def held_back(database: Database) -> list[tuple[int, int]]:
    """Drafts that were sent before their asker was confirmed, with the asker."""
    query = select(Request.id, Request.asked_by_id).where(Request.held_back, Request.state == RequestState.DRAFT)
    with database.read() as session:
        return [(request_id, asker) for request_id, asker in session.execute(query.limit(MOST))]


def without_run(database: Database) -> list[int]:
    """Open requests whose present text was never ranked; a trial lesson is one person's."""
    run = exists().where(SuggestionRun.request_id == Request.id, SuggestionRun.request_revision == Request.revision)
    to_all = Request.details[TRIAL].as_string().is_(None)
    query = select(Request.id).where(Request.state == RequestState.OPEN, to_all, ~run)
    return _ids(database, query.order_by(Request.id))


def waiting(database: Database, settled: datetime) -> list[int]:
    """Requests with a place left and people to ask: kept in mind, or ticked and not asked yet. Not while an answer can
    still be undone, nor for a school that was stopped."""
    fresh = aliased(Match)
    undoable = exists().where(
        fresh.request_id == Request.id,
        fresh.state.in_((MatchState.DECLINED, MatchState.REJECTED)),
        fresh.changed_at > settled,
    )
    pending = exists().where(RequestTick.request_id == Request.id, RequestTick.asked_at.is_(None))
    query = select(Request.id).where(
        Request.state == RequestState.OPEN,
        pending | is_kept(Request.id),
        _taken() < Request.needed,
        Request.details[LEFT].as_string().is_(None),
        ~undoable,
        ~_school_stopped(),
    )
    return _ids(database, query.order_by(Request.id))


def called_off(database: Database, now: datetime) -> list[tuple[int, int]]:
    """(Request, match): open requests with a place left, since somebody of the other side said they do not come after
    all, on a day close by; and nobody was looked for since. Two who were asked together are chosen anew by the school.
    """
    looked = exists().where(SuggestionRun.request_id == Request.id, SuggestionRun.as_of >= MatchEvent.at)
    query = (
        select(Request, Match.id, MatchMoment.day)
        .join(Match, Match.request_id == Request.id)
        .join(MatchEvent, (MatchEvent.match_id == Match.id) & (MatchEvent.seq == Match.seq))
        .join(MatchMoment, MatchMoment.id == moment_of_step())
        .where(
            Request.state == RequestState.OPEN,
            MatchEvent.action.in_((Action.CANCEL, Action.WITHDRAW)),
            MatchEvent.from_state.in_((MatchState.ACCEPTED.value, MatchState.APPROVED.value)),
            MatchEvent.role != Side.SCHOOL,
            ~_school_stopped(),
            MatchMoment.start_s > now.timestamp(),
            Request.details[TRIAL].as_string().is_(None),
            _taken() < Request.needed,
            ~looked,
        )
        .order_by(Match.id)
    )
    with database.read() as session:
        rows = session.execute(query.limit(MOST)).all()
        return [(row[0].id, row[1]) for row in rows if is_late(row[2], now) and not is_pair(row[0].details)]


def stopped(database: Database) -> list[int]:
    """Live matches of an organisation or a person that a coordinator stopped, or of somebody who left."""
    organisation = exists().where(
        Organisation.id.in_((Request.organisation_id, Offer.organisation_id)),
        Organisation.stopped_at.is_not(None) | Organisation.ended_at.is_not(None),
    )
    person = exists().where(
        User.id.in_((Match.professional_id, Match.visitor_id, Request.asked_by_id)), User.stopped_at.is_not(None)
    )
    # Who erased the account takes no visit along that a colleague gives.
    erased = exists().where(
        User.id.in_((func.coalesce(Match.visitor_id, Match.professional_id), Request.asked_by_id)),
        User.erased_at.is_not(None),
    )
    query = (
        select(Match.id)
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .where(Match.state.in_(LIVE), organisation | person | erased)
    )
    return _ids(database, query.order_by(Match.id))


def finished(database: Database, now: datetime) -> list[int]:
    """Open requests whose last asked moment is over and that have no live match any more."""
    ahead = exists().where(RequestMoment.request_id == Request.id, RequestMoment.end_s > now.timestamp())
    live = exists().where(Match.request_id == Request.id, Match.state.in_(LIVE))
    some = exists().where(RequestMoment.request_id == Request.id)
    query = select(Request.id).where(Request.state == RequestState.OPEN, some, ~ahead, ~live)
    return _ids(database, query.order_by(Request.id))
