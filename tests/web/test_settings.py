"""Settings, the clock and the languages: what the whole house stands on."""

import os
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from matcher import create_app
from matcher.clock import local_date, school_year, school_year_dates
from matcher.config import Settings
from matcher.errors import ConfigurationError
from matcher.i18n import (
    _l,
    format_date,
    format_datetime,
    format_day_month,
    format_number,
    format_time,
    gettext,
    in_locale,
    ngettext,
)

MOMENT = datetime(2026, 12, 10, 9, 15, tzinfo=UTC)


def test_real_installation_without_key_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="MATCHER_SECRET_KEY"):
        create_app(Settings(var=tmp_path))
    with pytest.raises(ConfigurationError, match="too short"):
        create_app(Settings(var=tmp_path, secret_key="short"))


def test_demonstration_makes_a_key_once_and_hides_it(tmp_path: Path) -> None:
    first = Settings(var=tmp_path / "new", demo=True)
    assert Settings(var=tmp_path / "new").secret_key == first.secret_key
    assert stat.S_IMODE((tmp_path / "new" / "secret-key").stat().st_mode) == 0o600
    assert first.secret_key not in repr(first)


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("MATCHER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MATCHER_VAR", str(tmp_path))
    monkeypatch.setenv("MATCHER_BASE_URL", "https://matcher.example/")
    settings = Settings.from_env(demo=None, default_locale="en")
    assert settings.database_url == f"sqlite:///{tmp_path}/matcher.db"
    assert settings.base_url == "https://matcher.example"
    assert settings.is_https
    assert settings.default_locale == "en"
    assert settings.reference_data is None


def test_school_year_begins_in_august() -> None:
    assert (school_year(date(2026, 7, 31)), school_year(date(2026, 8, 1))) == (2025, 2026)
    assert school_year_dates(2026) == (date(2026, 8, 1), date(2027, 7, 31))


def test_day_is_the_day_in_the_netherlands() -> None:
    assert local_date(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == date(2026, 11, 23)


def test_dates_and_numbers_follow_the_language() -> None:
    with in_locale("nl"):
        assert format_day_month(MOMENT) == "do 10 december"
        assert format_datetime(MOMENT) == "do 10 december 2026, 10.15"
        assert format_number(1234.5, 1) == "1.234,5"
    with in_locale("en"):
        assert format_day_month(MOMENT) == "Thu 10 December"
        assert format_date(MOMENT) == "10 December 2026"
        assert format_time(MOMENT) == "10:15"
        assert format_number(1234.5) == "1,234.5"


def test_texts_follow_the_language_also_outside_a_request() -> None:
    late = _l("Number")
    with in_locale("nl"):
        assert (gettext("Number"), str(late)) == ("Nummer", "Nummer")
    assert str(late) == "Number"


def test_late_text_is_escaped_in_pages() -> None:
    assert _l("Hello %(name)s", name="<b>").__html__() == "Hello &lt;b&gt;"


def test_unknown_language_becomes_dutch() -> None:
    with in_locale("tlh"):
        assert gettext("Number") == "Nummer"
        assert ngettext("%(num)s thing", "%(num)s things", 2) == "2 things"
