"""Where asking stands, for the page of a request: who was asked until when, who is next, and what happens then."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.i18n import _, format_day_month, ngettext
from matcher.matching.deadlines import is_late
from matcher.matching.held_queries import moment_of_step
from matcher.matching.kept_queries import kept
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.matching.states import TAKES_PLACE, Action, MatchState, Side
from matcher.matching.suggestion_models import RequestTick, SuggestionRun
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.policy import OPEN_INVITATIONS
from matcher.regions.queries import region_rule
from matcher.requests.models import Request
from matcher.requests.states import RequestState


@dataclass(frozen=True)
class Asking:
    """Texts in the reader's language; `until`: per invitation that waits, by when."""

    until: dict[int, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    then: str = ""
    searched: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.waiting or self.kept or self.then or self.searched)


def asking_of(session: Session, request: Request, rows: list[Any], *, names: bool, now: datetime) -> Asking:
    """`rows` are the matches of the request as the page shows them; without `names` only functions are told."""
    if request.state is not RequestState.OPEN:
        return Asking()
    called = _names(session, request, names)
    waiting = [called[offer_id] for offer_id in _pending(session, request.id) if offer_id in called]
    again = [called[row.offer_id] for row in kept(session, request.id) if row.offer_id in called]
    asked = [row for row in rows if row.state is MatchState.PROPOSED]
    is_full = sum(row.state in TAKES_PLACE for row in rows) >= request.needed
    return Asking(
        until={row.id: _until(row, now) for row in asked if row.expires is not None},
        waiting=[] if is_full else waiting,
        kept=again,
        then="" if is_full else _then(session, request, asked, [*again, *waiting], now),
        searched=_searched(session, request, called, is_full, now),
    )


def _until(row: Any, now: datetime) -> str:
    if row.mine:
        return _("answer by %(day)s", day=format_day_month(row.expires, now))
    return _("can answer until %(day)s", day=format_day_month(row.expires, now))


def _then(session: Session, request: Request, asked: list[Any], following: list[str], now: datetime) -> str:
    """What happens by itself, in one or two sentences."""
    if not following and all(row.mine for row in asked):
        return ""
    most = int(region_rule(session, request.region_id, request.kind.value, OPEN_INVITATIONS, at=now))
    first = min((row.expires for row in asked if row.expires is not None), default=None)
    if following and len(asked) < most:
        return _("%(name)s is asked next, within a minute or so.", name=following[0])
    if following and first is not None:
        text = _("Whoever says no or does not answer by %(day)s makes room.", day=format_day_month(first, now))
        return text + " " + _("Then %(name)s is asked by itself.", name=following[0])
    return _("Nobody waits behind them: when they say no or do not answer, you choose who is asked next.")


def _names(session: Session, request: Request, names: bool) -> dict[int, str]:
    """Offer → who that is, of everybody who was ticked or asked."""
    ticked = select(RequestTick.offer_id).where(RequestTick.request_id == request.id)
    asked = select(Match.offer_id).where(Match.request_id == request.id)
    query = (
        select(Offer.id, Offer.title, User.name, User.function, Organisation.name)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.id.in_(ticked.union(asked)))
    )
    found = session.execute(query).all()
    if not names:
        return {row[0]: row[3] or row[1] for row in found}
    return {row[0]: row[2] or _("somebody of %(company)s", company=row[4]) for row in found}


def _pending(session: Session, request_id: int) -> list[int]:
    query = select(RequestTick.offer_id).where(RequestTick.request_id == request_id, RequestTick.asked_at.is_(None))
    return list(session.scalars(query.order_by(RequestTick.wave, RequestTick.position)))


def _searched(session: Session, request: Request, called: dict[int, str], is_full: bool, now: datetime) -> str:
    """Somebody called off close to the date, and somebody else was looked for since."""
    if is_full:
        return ""
    query = (
        select(Match.offer_id, MatchMoment.day, SuggestionRun.eligible)
        .join(MatchEvent, (MatchEvent.match_id == Match.id) & (MatchEvent.seq == Match.seq))
        .join(MatchMoment, MatchMoment.id == moment_of_step())
        .join(SuggestionRun, SuggestionRun.request_id == Match.request_id)
        .where(
            Match.request_id == request.id,
            MatchEvent.action.in_((Action.CANCEL, Action.WITHDRAW)),
            MatchEvent.role != Side.SCHOOL,
            MatchMoment.start_s > now.timestamp(),
            SuggestionRun.as_of >= MatchEvent.at,
        )
        .order_by(MatchEvent.at.desc(), SuggestionRun.as_of.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    if row is None or not is_late(row[1], now):
        return ""
    text = _("%(name)s cannot come after all. We looked for somebody else at once.", name=called.get(row[0], ""))
    if not row[2]:
        return text + " " + _("Nobody fits now.")
    return text + " " + ngettext("%(num)s person fits now.", "%(num)s people fit now.", row[2])
