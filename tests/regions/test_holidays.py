"""School holidays, public holidays and working days; the first against the published list."""

import csv
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.regions.holidays import (
    AUTUMN,
    add_working_days,
    days_left,
    ends_soon,
    is_working_day,
    last_known_day,
    public_holidays,
    school_holidays,
)
from matcher.regions.states import HolidayRegion

DAYS = st.dates(date(2025, 1, 1), date(2030, 1, 1))
NAMES = {
    "Herfstvakantie": "autumn",
    "Kerstvakantie": "christmas",
    "Voorjaarsvakantie": "spring",
    "Meivakantie": "may",
    "Zomervakantie": "summer",
}


def test_holidays_differ_by_region():
    noord = school_holidays(HolidayRegion.NOORD, date(2026, 8, 1), date(2027, 7, 31))
    zuid = school_holidays(HolidayRegion.ZUID, date(2026, 8, 1), date(2027, 7, 31))
    assert noord != zuid
    assert noord[date(2026, 10, 14)] == AUTUMN


def test_holidays_keep_to_the_days_asked_and_cross_new_year():
    found = school_holidays(HolidayRegion.MIDDEN, date(2026, 12, 30), date(2027, 1, 2))
    assert list(found) == [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)]


def test_public_holidays_are_no_working_days():
    assert public_holidays(date(2027, 4, 27), date(2027, 4, 27)) == {date(2027, 4, 27): "King's Day"}
    assert not is_working_day(date(2027, 4, 27))
    assert not is_working_day(date(2026, 11, 21))  # a Saturday
    assert is_working_day(date(2026, 11, 23))


def test_five_working_days_from_friday_skip_weekend_and_school_holiday():
    friday = date(2026, 10, 9)
    assert add_working_days(friday, 5) == date(2026, 10, 16)
    autumn = school_holidays(HolidayRegion.NOORD, friday, date(2026, 11, 1))
    assert add_working_days(friday, 5, skip=autumn) == date(2026, 10, 23)


@given(DAYS, st.integers(0, 40))
def test_working_days_ahead_are_counted_right(day, count):
    end = add_working_days(day, count)
    between = [day + timedelta(days=step) for step in range(1, (end - day).days + 1)]
    assert sum(is_working_day(other) for other in between) == count
    assert count == 0 or is_working_day(end)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        add_working_days(date(2026, 1, 1), -1)


def test_the_end_of_the_known_holidays_is_seen_a_year_ahead():
    assert last_known_day() >= date(2030, 8, 18)
    assert not ends_soon(last_known_day() - timedelta(days=365))
    assert ends_soon(last_known_day() - timedelta(days=364))
    assert days_left(last_known_day() + timedelta(days=1)) == -1


@pytest.mark.real_data
def test_school_holidays_equal_the_published_list(reference_data):
    with (reference_data / "nl_schoolvakanties" / "schoolvakanties_2014_2030.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wrong = []
    for row in rows:
        first, last = date.fromisoformat(row["van"]), date.fromisoformat(row["tot_en_met"])
        found = school_holidays(HolidayRegion(row["vakantieregio"].lower()), first, last)
        if len(found) != (last - first).days + 1 or set(found.values()) != {NAMES[row["vakantie"]]}:
            wrong.append(row)
    print(f"school holidays: {len(rows) - len(wrong)} of {len(rows)} equal the published list")
    assert not wrong


@pytest.mark.real_data
def test_public_holidays_equal_the_published_list(reference_data):
    with (reference_data / "nl_schoolvakanties" / "feestdagen_2024_2031.csv").open(encoding="utf-8") as file:
        listed = {date.fromisoformat(row["datum"]) for row in csv.DictReader(file)}
    assert set(public_holidays(date(2024, 1, 1), max(listed))) == listed
