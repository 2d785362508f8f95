"""A day of another year says its year, one of this year does not."""

from datetime import UTC, date, datetime

import pytest

from matcher.availability.halfday_wording import plan_label, visit_labels
from matcher.availability.states import Kind
from matcher.availability.wording import _days_label, moment_label
from matcher.home.board import BoardMatch, BoardRequest
from matcher.home.wording import match_row, request_row
from matcher.i18n import format_day_month, in_locale
from matcher.matching.states import MatchState, Side
from matcher.requests.states import RequestState
from tests.factories import NOW


@pytest.mark.parametrize(
    ("day", "dutch", "english"),
    [
        (date(2026, 1, 2), "vr 2 januari", "Fri 2 January"),
        (date(2026, 12, 31), "do 31 december", "Thu 31 December"),
        (date(2027, 1, 7), "do 7 januari 2027", "Thu 7 January 2027"),
        (date(2025, 12, 11), "do 11 december 2025", "Thu 11 December 2025"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "vr 1 januari 2027", "Fri 1 January 2027"),
    ],
)
def test_year_where_it_is_not_this_one(day: date, dutch: str, english: str) -> None:
    for locale, shown, lesson in (("nl", dutch, "3e uur"), ("en", english, "period 3")):
        with in_locale(locale):
            assert format_day_month(day, NOW) == shown
            assert moment_label(day, [3], NOW) == f"{shown}, {lesson}"
            assert format_day_month(day) == " ".join(shown.split()[:3])


def test_rows_of_the_first_page_and_plans_say_the_year() -> None:
    row = BoardMatch(
        match_id=1, title="Les", partner="School", state=MatchState.PROPOSED, turn=frozenset({Side.COMPANY}),
        is_mine=True, day=date(2027, 1, 7), starts="10:15", ended=False, seen=NOW,
        expires_at=datetime(2027, 1, 4, 12, tzinfo=UTC),
    )  # fmt: skip
    request = BoardRequest(
        request_id=1, title="Les", state=RequestState.OPEN, needed=1, asked=1, agreed=0, settled=0,
        last_day=date(2027, 1, 8), kind=Kind.GUEST_LECTURE, seen=NOW,
    )  # fmt: skip
    visit = (int(datetime(2027, 1, 5, 7, 30, tzinfo=UTC).timestamp()),
             int(datetime(2027, 1, 5, 11, 30, tzinfo=UTC).timestamp()))  # fmt: skip
    with in_locale("nl"):
        shown = match_row(row, "#")
        assert shown["meta"] == "School · do 7 januari 2027 om 10.15"
        assert shown["when"] == "antwoord uiterlijk ma 4 januari 2027"
        assert request_row(request, "#")["meta"] == "laatste moment: vr 8 januari 2027"
        assert plan_label([visit], NOW).startswith("di 5 januari 2027")
    with in_locale("en"):
        assert match_row(row, "#")["when"] == "answer by Mon 4 January 2027"
        assert request_row(request, "#")["meta"] == "last moment: Fri 8 January 2027"
        assert plan_label([visit], NOW).startswith("Tue 5 January 2027")


def test_a_series_over_new_year_names_the_other_year() -> None:
    parts = [(start := int(datetime(2026, 12, 15, 7, 30, tzinfo=UTC).timestamp()) + week * 7 * 86400, start + 4 * 3600)
             for week in range(8)]  # fmt: skip
    with in_locale("en"):
        assert "Tue 15 December to Tue 2 February 2027" in plan_label(parts)
        assert "Tue 15 December to Tue 2 February 2027" in plan_label(parts, NOW)
        named = visit_labels([parts[0], parts[4]])
        assert [each.split(" (")[0] for each in named] == ["Tue 15 December", "Tue 12 January 2027"]
        assert "2027" not in plan_label(parts[:2])


def test_several_periods_stay_on_one_line() -> None:
    with in_locale("en"):
        assert moment_label(NOW.date(), [3, 4], NOW).endswith(", periods\xa03\xa0and\xa04")


def test_two_days_are_not_a_stretch() -> None:
    with in_locale("en"):
        assert (_days_label(0, 1), _days_label(0, 2)) == ("Monday and Tuesday", "Monday to Wednesday")
