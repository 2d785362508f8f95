"""Every "never" has its code, alone and together with others; what remains of the moments is exact."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.availability.holds import Hold
from matcher.availability.masks import EMPTY_WEEK, FULL_WEEK
from matcher.availability.moments import epoch
from matcher.availability.patterns import Availability, DatedException, default_availability
from matcher.availability.states import Delivery, Kind
from matcher.matching.eligibility import MomentState, NeverCode, judge
from matcher.matching.views import History
from matcher.matching.wording import MOMENTS, NEVER
from matcher.safeguarding.policy import Requirement, Seen
from matcher.safeguarding.states import ProofType
from tests.matching.views import SATURDAY, THURSDAY, moment, offer_view, request_view

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
VOG = Requirement(ProofType.VOG, 52)


def seen(issued_on: date, valid_until: date = date(2030, 1, 1), board_id: int = 11) -> Seen:
    return Seen(ProofType.VOG, board_id, issued_on, valid_until)


def test_a_fitting_offer_is_eligible_at_every_moment() -> None:
    verdict = judge(request_view(), offer_view(), now=NOW)
    assert verdict.ok
    assert verdict.mode is Delivery.ON_SITE
    assert verdict.moments == ((1, MomentState.USUAL), (2, MomentState.USUAL))
    assert 25 < verdict.distance_km < 35


@pytest.mark.parametrize(
    ("code", "asked", "offered"),
    [
        (NeverCode.KIND, {}, {"kind": Kind.TEACHER_INTERNSHIP}),
        (NeverCode.TOPIC, {}, {"topics": frozenset({9})}),
        (NeverCode.LEVEL, {"level": "mbo_4", "level_bit": 1 << 15}, {}),
        (NeverCode.LANGUAGE, {"language": "en"}, {}),
        (NeverCode.DELIVERY, {}, {"delivery": Delivery.ONLINE}),
        (NeverCode.DISTANCE, {}, {"travel_km": 20}),
        (NeverCode.DISTANCE, {"max_km": 20}, {}),
        (NeverCode.MOMENTS, {"moments": (moment(1, SATURDAY),)}, {}),
        (NeverCode.MOMENTS, {}, {"availability": replace(default_availability(), months_off=frozenset({12}))}),
        (NeverCode.NOTICE, {}, {"notice_days": 60}),
        (NeverCode.PAUSED, {}, {"paused_until": date(2026, 11, 17)}),
        (NeverCode.CAP, {}, {"yearly_cap": 2, "history": History(taken=2)}),
        (NeverCode.CAP, {}, {"yearly_cap": 0}),
        (NeverCode.HOURS_BUDGET, {}, {"hours_left": 0.0}),
        (NeverCode.OPEN_ASKS, {}, {"history": History(open_asks=1)}),
        (NeverCode.ALREADY_ASKED, {}, {"already_asked": True}),
        (NeverCode.NOT_OPEN, {}, {"is_open": False}),
        (NeverCode.NOT_VERIFIED, {}, {"organisation_ok": False}),
        (NeverCode.NOT_CONFIRMED, {}, {"person_ok": False}),
        (NeverCode.SAFEGUARDING, {"proof": VOG}, {}),
        (NeverCode.SAFEGUARDING, {"proof": VOG}, {"proofs": (seen(date(2024, 1, 1)),)}),
        (NeverCode.SAFEGUARDING, {"proof": VOG}, {"proofs": (seen(date(2026, 9, 1), board_id=12),)}),
        (NeverCode.SAFEGUARDING, {"proof": VOG}, {"proofs": (seen(date(2026, 9, 1), date(2026, 12, 9)),)}),
        (NeverCode.BLOCKED, {}, {"blocked": True}),
        (NeverCode.VIA_CONTACT, {}, {"released": False}),
    ],
)
def test_each_reason_alone_excludes_with_its_code(
    code: NeverCode, asked: dict[str, Any], offered: dict[str, Any]
) -> None:
    assert judge(request_view(**asked), offer_view(**offered), now=NOW).never == (code,)


def test_all_that_hold_are_named_together() -> None:
    verdict = judge(request_view(language="en"), offer_view(travel_km=5, blocked=True, is_open=False), now=NOW)
    assert set(verdict.never) == {NeverCode.LANGUAGE, NeverCode.DISTANCE, NeverCode.BLOCKED, NeverCode.NOT_OPEN}


def test_every_code_and_state_has_a_sentence() -> None:
    assert set(NEVER) == set(NeverCode)
    assert set(MOMENTS) == set(MomentState)


def test_pause_ends_on_its_day() -> None:
    assert judge(request_view(), offer_view(paused_until=date(2026, 11, 16)), now=NOW).ok


def test_proof_counts_per_day() -> None:
    offer = offer_view(proofs=(seen(date(2026, 9, 1), date(2026, 12, 12)),))
    verdict = judge(request_view(proof=VOG), offer, now=NOW)
    assert verdict.ok
    assert verdict.moments == ((1, MomentState.USUAL), (2, MomentState.UNSAFE))


def test_somebody_of_the_team_is_checked_once_named() -> None:
    assert judge(request_view(proof=VOG), offer_view(person_id=None), now=NOW).ok


@pytest.mark.parametrize(
    ("asked", "offered", "travel_km", "mode"),
    [
        (Delivery.ON_SITE, Delivery.ON_SITE, 40, Delivery.ON_SITE),
        (Delivery.EITHER, Delivery.ON_SITE, 40, Delivery.ON_SITE),
        (Delivery.EITHER, Delivery.EITHER, 40, Delivery.ON_SITE),
        (Delivery.EITHER, Delivery.EITHER, 5, Delivery.ONLINE),
        (Delivery.ONLINE, Delivery.EITHER, 5, Delivery.ONLINE),
        (Delivery.ONLINE, Delivery.ONLINE, 0, Delivery.ONLINE),
        (Delivery.AT_COMPANY, Delivery.AT_COMPANY, 0, Delivery.AT_COMPANY),
    ],
)
def test_how_they_meet_follows_both_wishes_and_the_distance(
    asked: Delivery, offered: Delivery, travel_km: int, mode: Delivery
) -> None:
    verdict = judge(request_view(delivery=asked), offer_view(delivery=offered, travel_km=travel_km), now=NOW)
    assert (verdict.mode, verdict.ok) == (mode, True)


def test_booking_with_travel_takes_only_what_it_crosses() -> None:
    start = epoch(THURSDAY, time(12, 0))
    elsewhere = Hold(start, start + 3000, 3000, 3000, "school:99", 1)
    verdict = judge(request_view(), offer_view(holds=(elsewhere,)), now=NOW)
    assert verdict.moments == ((1, MomentState.BUSY), (2, MomentState.USUAL))


def test_two_visits_in_a_row_at_the_same_school_fit() -> None:
    start = epoch(THURSDAY, time(11, 20))
    here = Hold(start, start + 3000, 3000, 3000, "school:10", 1)
    assert judge(request_view(), offer_view(holds=(here,)), now=NOW).moments[0][1] is MomentState.USUAL


def test_dated_absence_is_busy_and_dated_freedom_opens_a_never() -> None:
    span = epoch(THURSDAY, time(0)), epoch(THURSDAY, time(23))
    away = replace(default_availability(), exceptions=(DatedException(*span, free=False),))
    assert judge(request_view(), offer_view(availability=away), now=NOW).moments[0][1] is MomentState.BUSY
    never = Availability(EMPTY_WEEK, FULL_WEEK, exceptions=(DatedException(*span, free=True),))
    states = judge(request_view(), offer_view(availability=never), now=NOW).moments
    assert [state for _key, state in states] == [MomentState.USUAL, MomentState.NEVER]


def test_moment_in_the_past_is_too_soon_even_without_notice() -> None:
    late = datetime(2026, 12, 10, 12, 0, tzinfo=UTC)
    verdict = judge(request_view(), offer_view(notice_days=0), now=late)
    assert verdict.moments == ((1, MomentState.TOO_SOON), (2, MomentState.USUAL))


def test_open_moments_come_with_the_usual_ones_first() -> None:
    early = moment(1, start=time(7, 30), end=time(8, 20))
    verdict = judge(request_view(moments=(early, moment(2))), offer_view(), now=NOW)
    assert verdict.moments == ((1, MomentState.UNKNOWN), (2, MomentState.USUAL))
    assert verdict.open_moments == (2, 1)


week = st.tuples(*[st.integers(0, (1 << 60) - 1)] * 7)


@settings(max_examples=60)
@given(week, week, st.integers(0, 13), st.integers(0, 23 * 4), st.integers(1, 10), st.booleans())
def test_quick_word_of_the_week_equals_the_full_one(
    usual: Any, never: Any, days: int, quarter: int, length: int, off: bool
) -> None:
    start = time(quarter // 4, quarter % 4 * 15)
    minutes = min(quarter * 15 + length * 10, 23 * 60 + 59)
    end = time(minutes // 60, minutes % 60)
    if end <= start:
        return
    asked = moment(1, THURSDAY + timedelta(days=days), start, end)
    owner = Availability(usual, never, months_off=frozenset({12} if off else ()))
    expected = owner.state(asked.start_s, asked.end_s)
    verdict = judge(request_view(moments=(asked,)), offer_view(availability=owner, notice_days=0), now=NOW)
    assert verdict.moments[0][1].value == expected.value
