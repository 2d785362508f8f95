"""A vacancy nobody can fill alone: two people together, one in fewer half-days, and what happens when one says no."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.models import Booking
from matcher.availability.states import Party
from matcher.errors import Conflict, IllegalMove, InvalidInput
from matcher.matching.bridge_queries import asked_bridge, bridges_for
from matcher.matching.bridge_services import ask_fewer, ask_pair, keep_one, look_again, undo_bridge
from matcher.matching.bridges import Able, fewer, pairs, share, standing
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match
from matcher.matching.services import approve_match, decline_match, suggest_moment
from matcher.matching.states import DeclineReason, MatchState
from matcher.requests.queries import moments_of
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.matching.terms import THURSDAY, TUESDAY, Term, make_term

LATER = NOW + timedelta(minutes=5)


def able(offer_id: int, score: float, *half_days: int, most: int = 10) -> Able:
    return Able(offer_id, offer_id + 100, score, half_days, most)


@pytest.mark.parametrize(
    ("one", "other", "wanted", "shares"),
    [
        ((1,), (2,), 2, ((1,), (2,))),
        ((1, 2), (2,), 2, ((1,), (2,))),
        ((1, 2, 3), (3, 4), 4, ((1, 2), (3, 4))),
        ((1, 2, 3), (4,), 4, ((1, 2, 3), (4,))),
        ((1,), (1,), 2, None),
        ((1, 2), (3,), 4, None),
    ],
)
def test_two_people_share_the_half_days_evenly(one: object, other: object, wanted: int, shares: object) -> None:
    assert share(able(1, 0.5, *one), able(2, 0.5, *other), wanted) == shares  # type: ignore[misc]


def test_best_pairs_come_first_and_one_person_is_no_pair() -> None:
    people = [able(1, 0.9, 1), able(2, 0.4, 2), able(3, 0.8, 2), Able(4, 101, 0.9, (2,), 10)]
    assert [(p.first.offer_id, p.second.offer_id) for p in pairs(people, 2)] == [(1, 3), (1, 2)]
    most = [able(1, 0.5, 1, 2, 3, most=1), able(2, 0.1, 1, 2)]
    assert [(each.offer_id, ids) for each, ids in fewer(most, 3)] == [(2, (1, 2)), (1, (1,))]


def test_bridge_stands_once_both_are_approved() -> None:
    yes, asked, no = MatchState.APPROVED, MatchState.PROPOSED, MatchState.DECLINED
    found = [standing(pair) for pair in ([yes, yes], [yes, asked], [yes, no], [no, no])]
    assert found == ["stands", "waits", "broken", "over"]


def two_asked(term: Term) -> list[Match]:
    """Nobody can on both half-days; two people can on one each."""
    offers = [term.person(TUESDAY), term.person(THURSDAY)]
    bridges = bridges_for(term.session, term.request, now=NOW, names=True)
    assert bridges is not None
    assert {each.offer_id for each in bridges.pairs[0]} == {offer.id for offer in offers}
    assert len(bridges.fewer) == 2
    return ask_pair(
        term.session, term.request.id, offer_ids=[o.id for o in offers], actor=term.actor(term.lead), now=NOW
    )


def test_pair_is_asked_and_both_say_yes(session: Session) -> None:
    term = make_term(session)
    first, second = two_asked(term)
    assert {day for start, day in ((s, s // 86_400) for s, _e in term.plan(first))}.isdisjoint(
        {s // 86_400 for s, _e in term.plan(second)}
    )
    for match in (first, second):
        approve_match(session, term.yes(match).id, actor=term.actor(term.coordinator), now=NOW)
    asked = asked_bridge(session, term.request)
    assert asked is not None
    assert asked.standing == "stands"
    assert (term.request.needed, {first.place_no, second.place_no}) == (2, {1, 2})
    assert broken_promises(session) == []


def test_half_days_of_one_person_never_overlap(session: Session) -> None:
    term = make_term(session)
    offer = term.person(TUESDAY, THURSDAY)
    match = term.approved(term.asked(offer))
    other = make_term(session, half_days=1)
    assert bridges_for(session, other.request, now=NOW, names=True).pairs == []  # type: ignore[union-attr]
    with pytest.raises(Conflict):
        other.asked(offer)
    rows = session.scalars(select(Booking).where(Booking.party == Party.PERSON, Booking.live)).all()
    spans = sorted((row.start_s, row.end_s) for row in rows if row.match_id == match.id)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_one_declines_and_the_school_keeps_the_other(session: Session) -> None:
    term = make_term(session)
    first, second = two_asked(term)
    term.yes(first)
    decline_match(session, second.id, reason=DeclineReason.NO_TIME, actor=term.guest(second), now=NOW)
    assert ("matching/placement_bridge_broken", term.lead.email, "queued") in term.notices("match", second.id)
    kept = keep_one(session, term.request.id, actor=term.actor(term.lead), now=NOW)
    assert (kept.id, term.request.needed, kept.place_no) == (first.id, 1, 1)
    approve_match(session, first.id, actor=term.actor(term.coordinator), now=NOW)
    assert broken_promises(session) == []


def test_one_declines_and_the_school_looks_again(session: Session) -> None:
    term = make_term(session)
    first, second = two_asked(term)
    decline_match(session, first.id, reason=DeclineReason.NO_TIME, actor=term.guest(first), now=NOW)
    look_again(session, term.request.id, actor=term.actor(term.lead), now=LATER)
    assert (second.state, second.reason) == (MatchState.WITHDRAWN, "partner_left")
    assert (term.request.needed, asked_bridge(session, term.request)) == (1, None)
    assert term.request.state is RequestState.OPEN
    with pytest.raises(IllegalMove):
        keep_one(session, term.request.id, actor=term.actor(term.lead), now=LATER)


def test_asking_a_pair_can_be_undone_for_a_minute(session: Session) -> None:
    term = make_term(session)
    matches = two_asked(term)
    undo_bridge(session, term.request.id, actor=term.actor(term.lead), now=NOW + timedelta(seconds=30))
    for match in matches:
        assert {state for _template, _address, state in term.notices("match", match.id)} == {"withheld"}
    offers = [match.offer_id for match in matches]
    soon = NOW + timedelta(minutes=1)
    again = ask_pair(session, term.request.id, offer_ids=offers, actor=term.actor(term.lead), now=soon)
    assert len(again) == 2
    with pytest.raises(IllegalMove):
        undo_bridge(session, term.request.id, actor=term.actor(term.lead), now=LATER)
    with pytest.raises(Conflict):
        ask_pair(session, term.request.id, offer_ids=offers, actor=term.actor(term.lead), now=LATER)


def test_one_person_in_fewer_half_days(session: Session) -> None:
    term = make_term(session)
    offer = term.person(TUESDAY)
    with pytest.raises(Conflict):
        term.asked(offer)
    match = ask_fewer(session, term.request.id, offer_id=offer.id, actor=term.actor(term.lead), now=NOW)
    approve_match(session, term.yes(match).id, actor=term.actor(term.coordinator), now=NOW)
    assert (match.state, term.request.needed) == (MatchState.APPROVED, 1)
    assert len(term.bookings(match)) == len(term.plan(match))


def test_coordinator_who_asks_a_pair_speaks_for_the_school_and_may_approve(session: Session) -> None:
    term = make_term(session)
    offers = [term.person(TUESDAY).id, term.person(THURSDAY).id]
    coordinator = term.actor(term.coordinator)
    first, _second = ask_pair(session, term.request.id, offer_ids=offers, actor=coordinator, now=NOW)
    assert (first.proposed_by_id, first.on_behalf_by_id) == (term.lead.id, term.coordinator.id)
    assert approve_match(session, term.yes(first).id, actor=coordinator, now=NOW).state is MatchState.APPROVED


def test_nobody_takes_a_half_day_of_the_other(session: Session) -> None:
    term = make_term(session)
    first, second = two_asked(term)
    (theirs,) = [
        row.id
        for row in moments_of(session, [term.request.id])[term.request.id]
        if row.start_s == term.plan(second)[0][0]
    ]
    with pytest.raises(InvalidInput, match="Somebody else"):
        suggest_moment(session, first.id, half_days=[theirs], actor=term.guest(first), now=NOW)
