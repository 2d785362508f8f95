"""When regular work is due again, also over changes of the clocks and with a clock that is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from matcher.clock import AMSTERDAM, local
from matcher.jobs.leaps import LeapWatch
from matcher.jobs.periods import At, Every, is_absurd, next_after
from tests.factories import NOW


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ((2026, 11, 23, 9), (2026, 11, 24, 3)),
        ((2026, 11, 24, 2), (2026, 11, 24, 3)),
        ((2026, 11, 24, 3), (2026, 11, 25, 3)),
        ((2026, 3, 28, 12), (2026, 3, 29, 3)),
        ((2026, 10, 24, 12), (2026, 10, 25, 3)),
        ((2026, 12, 31, 23), (2027, 1, 1, 3)),
    ],
)
def test_every_night_at_three_on_dutch_clocks(now: tuple[int, ...], due: tuple[int, ...]) -> None:
    assert At(3).after(datetime(*now, tzinfo=AMSTERDAM)) == datetime(*due, tzinfo=AMSTERDAM)


def test_hour_that_does_not_exist_or_exists_twice_comes_once() -> None:
    for day, hours in ((datetime(2026, 3, 29, tzinfo=AMSTERDAM), 23), (datetime(2026, 10, 25, tzinfo=AMSTERDAM), 25)):
        moment, end, starts = day.astimezone(UTC), day.astimezone(UTC) + timedelta(hours=hours), []
        while (moment := At(2).after(moment).astimezone(UTC)) < end:
            starts.append(local(moment))
        assert len(starts) == 1, starts


def test_once_a_week_on_its_weekday() -> None:
    moment = At(7, weekday=0).after(NOW)
    assert (local(moment).weekday(), local(moment).hour) == (0, 7)
    assert moment - NOW <= timedelta(days=7)
    assert At(7, weekday=0).after(moment) - moment == timedelta(days=7)


def test_failed_work_is_tried_sooner_than_planned_and_never_later() -> None:
    weekly, round_ = At(7, weekday=0), Every()
    waits = [next_after(weekly, NOW, failures) - NOW for failures in (1, 2, 3, 4, 9, 99)]
    assert waits == [timedelta(minutes=m) for m in (5, 10, 20, 40, 60, 60)]
    assert next_after(weekly, NOW, 0) == weekly.after(NOW)
    assert next_after(round_, NOW, 3) == round_.after(NOW)


def test_next_time_is_absurd_only_when_no_wrong_hour_explains_it() -> None:
    night = At(3)
    assert not is_absurd(night, night.after(NOW), NOW - timedelta(hours=1))
    assert is_absurd(night, night.after(NOW + timedelta(days=1826)), NOW)
    assert is_absurd(Every(), NOW + timedelta(hours=1), NOW)


class Clocks:
    """A clock on the wall that can be set, and one that nobody sets."""

    def __init__(self) -> None:
        self.now, self.steady = NOW, 100.0

    def pass_(self, seconds: float, *, leap: timedelta = timedelta()) -> datetime:
        self.steady += seconds
        self.now += timedelta(seconds=seconds) + leap
        return self.now


def test_leap_of_years_is_believed_after_a_quarter_of_an_hour() -> None:
    clocks = Clocks()
    watch = LeapWatch(lambda: clocks.steady)
    assert watch.believes(clocks.pass_(5))
    assert watch.believes(clocks.pass_(5, leap=timedelta(hours=1)))
    assert watch.believes(clocks.pass_(5, leap=timedelta(hours=-1)))
    assert not watch.believes(clocks.pass_(5, leap=timedelta(days=1826)))
    assert not watch.believes(clocks.pass_(800))
    assert watch.believes(clocks.pass_(200))


def test_leap_that_is_set_right_is_forgotten_at_once() -> None:
    clocks = Clocks()
    watch = LeapWatch(lambda: clocks.steady)
    watch.believes(clocks.pass_(5))
    assert not watch.believes(clocks.pass_(5, leap=timedelta(days=1826)))
    assert watch.believes(clocks.pass_(60, leap=timedelta(days=-1826)))


def test_night_in_which_the_machine_slept_is_no_leap() -> None:
    clocks = Clocks()
    watch = LeapWatch(lambda: clocks.steady)
    watch.believes(clocks.pass_(5))
    assert watch.believes(clocks.pass_(3 * 86_400))
