"""The random lives can fail: with a guard, a release or a reset taken out of the services they find it, each time."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from matcher.matching import (
    booking_services,
    change_services,
    door_services,
    policy,
    proposal_services,
    services,
    visit_services,
    yes_services,
)
from matcher.matching.models import MatchMoment
from matcher.matching.queries import facts_of_match
from matcher.matching.states import Action, MatchState
from tests.matching.lifedeeds import Violation
from tests.matching.test_machine import RULES, live_through

Patch = Callable[[Any, str, Any], None]
LIVES = 25
"""At most; the first violation ends it."""


def _nothing(*_given: Any, **_named: Any) -> None:
    """What is left of a step that was forgotten."""


def _unguarded(session: Session, match: Any, _action: Any, _actor: Any, now: Any) -> Any:
    return facts_of_match(session, match, now)


def _any_moment(session: Session, _match: Any, moment_id: int, _now: Any) -> Any:
    return session.get_one(MatchMoment, moment_id)


_event = door_services._event


def _skipping(match: Any, action: Any, to: Any, seq: int, *rest: Any) -> Any:
    return _event(match, action, to, seq + (seq > 2), *rest)


def _always_expired(session: Session, match_id: int, *, now: Any) -> bool:
    match, request, offer = door_services.locked(session, match_id)
    if match.state not in {MatchState.PROPOSED, MatchState.ACCEPTED}:
        return False
    visit_services._by_system(session, match, request, offer, Action.EXPIRE, MatchState.EXPIRED, now, reason=None)
    return True


# what is wrong → where, what is there instead
FAULTS: dict[str, list[tuple[Any, str, Any]]] = {
    "anybody may do anything": [(services, "permitted", _unguarded)],
    "time is not let go of": [(services, "release", _nothing), (visit_services, "release", _nothing)],
    "a new moment resets no yes": [(services, "reset_consents", _nothing)],
    "undo works for an hour": [(policy, "UNDO_SECONDS", 3600)],
    "a number of the chain is skipped": [(door_services, "_event", _skipping)],
    "the approver may be a party": [(policy, "_is_involved", lambda facts, actor: False)],
    "every yes has the first place": [(yes_services, "free_place", lambda *_given: 1)],
    "nobody's agenda is held": [(booking_services, "book_person", _nothing)],
    "old pages are believed": [(services, "check_version", _nothing), (door_services, "check_version", _nothing)],
    "two sides agree on two moments": [(services, "_check_same_moment", _nothing)],
    "nobody looks whether it is fit": [(services, "check_approvable", _nothing)],
    "anybody is a colleague": [
        (change_services, "check_colleague", _nothing),
        (proposal_services, "check_colleague", _nothing),
    ],
    "steps are not told": [(services, "tell", _nothing), (yes_services, "tell", _nothing)],
    "who leaves keeps the place": [(door_services, "TAKES_PLACE", frozenset(MatchState))],
    "moments of the past are chosen": [(services, "moment_of_match", _any_moment)],
    "the clock is early": [(visit_services, "expire_match", _always_expired)],
    "one report closes a visit": [(visit_services, "reports_of", lambda *_given: {1: _Said(), 2: _Said()})],
    "a colleague is asked twice": [(proposal_services, "check_not_asked", _nothing)],
}


class _Said:
    happened = True


ALWAYS = ("anybody may do anything", "a number of the chain is skipped", "nobody's agenda is held")


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[] if name in ALWAYS else pytest.mark.integrity) for name in FAULTS]
)
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_planted_fault_is_found(session: Session, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, instead in FAULTS[fault]:
        assert hasattr(module, name)
        monkeypatch.setattr(module, name, instead)
    with pytest.raises(Violation):
        live_through(session, (LIVES, RULES, lambda seen: False))


def test_there_are_faults_enough() -> None:
    assert len(FAULTS) >= 12
