"""A day that is far away says its year, one nearby does not."""

from datetime import date

import pytest
from flask import Flask

from matcher.availability.wording import moment_label
from matcher.i18n import format_day_month
from tests.factories import NOW


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 12, 10), "do 10 december"),
        (date(2027, 1, 7), "do 7 januari"),
        (date(2025, 12, 11), "do 11 december 2025"),
        (date(2028, 1, 6), "do 6 januari 2028"),
    ],
)
def test_year_where_it_is_not_obvious(app: Flask, day: date, shown: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "nl"}):
        assert format_day_month(day, NOW) == shown
        assert moment_label(day, [3], NOW) == f"{shown}, 3e uur"
        assert format_day_month(day) == " ".join(shown.split()[:3])
