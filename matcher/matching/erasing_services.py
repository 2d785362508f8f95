"""Ending an account: what is live ends as it does for somebody who leaves, then nothing of the person stays.

In short units of its own each. What is cut off in between is done again by asking once more; whoever lost their roles
already is somebody who left, and the regular work goes on with that.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.accounts.erasing_services import Said, anonymise
from matcher.accounts.models import Grant, User
from matcher.accounts.policy import SYSTEM
from matcher.accounts.services import end_grant
from matcher.accounts.wordless import wordless
from matcher.db import ERASED, lock_row
from matcher.errors import Conflict, IllegalMove, MatcherError
from matcher.i18n import _l
from matcher.matching.door_services import lock_around
from matcher.matching.erasing_queries import (
    formerly_asked,
    guest_matches,
    obstacles,
    still_ahead,
    subjects_of,
    successor_for,
    taught_requests,
    unfinished_requests,
)
from matcher.matching.leaving_services import end_for_leaver, hand_over_request
from matcher.matching.models import Match
from matcher.matching.request_services import end_request
from matcher.matching.states import LIVE, CancelReason, MatchState
from matcher.matching.suggestion_models import RequestTick
from matcher.matching.visit_services import end_by_system, end_stopped
from matcher.notices.erasing_services import Person, forget_in_letters, keep_back, letters_by_address, letters_naming
from matcher.offers.erasing_services import forget_words, withdraw_offers_of
from matcher.requests.models import Request
from matcher.requests.queries import topics_of

Unit = Callable[[], AbstractContextManager[Session]]
SOMETHING_NEW = _l("Something was agreed a moment ago. Look at what it is, and try once more.")


def erase_account(user_id: int, *, look: Unit, opened: Unit, now: datetime, anyway: bool = False) -> None:
    """Everything of this person ends, and then the account is nobody's. `look` opens a read session, `opened` a write
    unit. Raises Conflict with a sentence when something must be arranged first, unless `anyway`: after a restore there
    is nobody to arrange it. Nothing happens to somebody who is gone already."""
    with opened() as session:
        if not _begin(session, user_id, now=now, anyway=anyway):
            return
    with look() as session:
        asked, taught = unfinished_requests(session, user_id), taught_requests(session, user_id)
        coming, formerly = guest_matches(session, user_id), formerly_asked(session, user_id)
    for request_id in asked:
        with opened() as session:
            _pass_on(session, request_id, user_id, now=now, anyway=anyway)
    for request_id in formerly:
        with opened() as session:
            _leave_words(session, lock_row(session, Request, request_id))
    for request_id in taught:
        with opened() as session:
            _give_class_back(session, request_id, user_id)
    for match_id in coming:
        _end_visit(opened, match_id, now=now, anyway=anyway)
    with look() as session:
        person = _person(session, user_id)
        named, mine = letters_naming(session, person), letters_by_address(session, person)
    with opened() as session:
        if still_ahead(session, user_id, now=now) and not anyway:
            raise Conflict(SOMETHING_NEW)
        _finish(session, user_id, named, mine, now=now)


def _begin(session: Session, user_id: int, *, now: datetime, anyway: bool) -> bool:
    """Nobody finds or asks this person from here on."""
    user = lock_row(session, User, user_id)
    if user.erased_at is not None:
        return False
    if not anyway and (found := obstacles(session, user_id, now=now)):
        raise Conflict(" ".join(found))
    withdraw_offers_of(session, user_id, now=now)
    for grant_id in session.scalars(select(Grant.id).where(Grant.user_id == user_id, Grant.ended_at.is_(None))):
        end_grant(session, grant_id=grant_id, actor=SYSTEM, now=now)
    return True


def _pass_on(session: Session, request_id: int, user_id: int, *, now: datetime, anyway: bool) -> None:
    """A colleague goes on with it, under the name of its subject and without the words; or it ends."""
    lock_around(session, request_id)
    request = lock_row(session, Request, request_id)
    if request.asked_by_id != user_id:
        return
    if successor_for(session, request, now) is None:
        _end_request(session, request, now=now, anyway=anyway)
        return
    hand_over_request(session, request_id, now=now)
    _leave_words(session, request)


def _leave_words(session: Session, request: Request) -> None:
    """A colleague goes on with its facts; its name is that of its subject."""
    topics = topics_of(session, [request.id])[request.id]
    request.title = topics[0].nl if topics else ERASED
    request.own_words, request.costs, request.details = "", "", wordless(request.details)
    session.flush()


def _end_request(session: Session, request: Request, *, now: datetime, anyway: bool) -> None:
    """It ends with all that is ahead. What took place and waits for its report keeps it open until that came."""
    live, past = select(Match.id).where(Match.request_id == request.id, Match.state.in_(LIVE)), False
    for match_id in session.scalars(live.order_by(Match.id)).all():
        try:
            if anyway:
                end_stopped(session, match_id, now=now)
            else:
                end_by_system(session, match_id, reason=CancelReason.OTHER.value, now=now)
        except IllegalMove:
            past = True
    if not past:
        end_request(session, request, reason=CancelReason.OTHER, now=now)


def _give_class_back(session: Session, request_id: int, user_id: int) -> None:
    """The one who asked is the adult in the room until they name somebody else."""
    lock_around(session, request_id)
    request = lock_row(session, Request, request_id)
    if request.teacher_id == user_id:
        request.teacher_id = request.asked_by_id
    taught = (Match.request_id == request.id) & Match.state.in_(LIVE) & (Match.teacher_id == user_id)
    for match in session.scalars(select(Match).where(taught)):
        match.teacher_id = request.asked_by_id
    session.flush()


def _end_visit(opened: Unit, match_id: int, *, now: datetime, anyway: bool) -> None:
    """What took place stays and waits for the other side's report."""
    try:
        with opened() as session:
            if anyway and session.get_one(Match, match_id).state is MatchState.APPROVED:
                end_stopped(session, match_id, now=now)
            else:
                end_for_leaver(session, match_id, now=now)
    except MatcherError:
        return  # over, or ended by somebody else meanwhile; the last unit looks once more


def _finish(session: Session, user_id: int, named: list[int], mine: list[int], *, now: datetime) -> None:
    about = subjects_of(session, user_id)
    _let_others_ask(session, user_id)
    keep_back(session, _person(session, user_id), by_address=mine)
    said = anonymise(session, user_id, now=now)
    forget_words(session, said.texts)
    forget_in_letters(session, _known(said), about=about, row_ids=named)


def _let_others_ask(session: Session, user_id: int) -> None:
    """Whom this person ticked for a colleague's request is asked in that colleague's name."""
    asker = select(Request.asked_by_id).where(Request.id == RequestTick.request_id).scalar_subquery()
    waiting = (RequestTick.ticked_by_id == user_id) & RequestTick.asked_at.is_(None)
    session.execute(
        update(RequestTick).where(waiting).values(ticked_by_id=asker).execution_options(synchronize_session=False)
    )


def _person(session: Session, user_id: int) -> Person:
    user = session.get_one(User, user_id)
    return Person(user.id, user.name, user.email, user.phone)


def _known(said: Said) -> Person:
    return Person(said.user_id, said.name, said.email, said.phone, frozenset(said.titles), frozenset(said.texts))
