"""Two schedulers do each due job once per due time; who dies is taken over; who slept may not overwrite."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from matcher.db import Database
from matcher.jobs import services
from matcher.jobs.faults import note_fault
from matcher.jobs.models import JobRun
from matcher.jobs.periods import At, Every, Periodic
from matcher.jobs.queries import runs, standings
from matcher.jobs.round_tasks import Rounds, Watch
from matcher.jobs.states import Outcome
from tests.factories import NOW

NIGHTLY, ROUND = At(3), Every(timedelta(seconds=5))
NIGHT = At(3).after(NOW)
SECOND = timedelta(seconds=1)


class Stage:
    """A clock that the test sets, one that it only lets go on, and a note of who did what when."""

    def __init__(self, database: Database) -> None:
        self.database, self.now, self.steady = database, NOW, 0.0
        self.done: list[tuple[str, datetime]] = []
        self.during: Callable[[], Any] = lambda: None

    def job(self, when: Any = NIGHTLY, **more: Any) -> Periodic:
        def verb(_database: Database, who: Any, now: datetime) -> dict[str, int]:
            self.done.append((who, now))
            self.during()
            return {"done": 1}

        return Periodic("letters", verb, when, **more)

    def worker(self, who: str, *jobs: Periodic, beats: float = 60) -> Rounds:
        watch = Watch(steady=lambda: self.steady)
        return Rounds(self.database, who, jobs, lambda: self.now, watch, beat_seconds=beats)

    def go_on(self, *, seconds: float = 0, leap: timedelta = timedelta()) -> None:
        self.steady += seconds
        self.now += timedelta(seconds=seconds) + leap

    def row(self, name: str = "letters") -> JobRun:
        with self.database.read() as session:
            return runs(session)[name]


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


@contextmanager
def lease_ignored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The control: whoever comes may go on, and nothing says that somebody is inside."""

    def claim(session: Any, job: Periodic, *, now: datetime, dead: Any = None) -> str:
        return "any"

    with monkeypatch.context() as planted:
        planted.setattr("matcher.jobs.round_tasks.claim", claim)
        yield


def at_once(rounds: list[Rounds]) -> None:
    barrier = threading.Barrier(len(rounds))

    def go(one: Rounds) -> None:
        barrier.wait(120)
        one.once()

    threads = [threading.Thread(target=go, args=(one,)) for one in rounds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)


def test_two_schedulers_do_each_due_job_once_per_due_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    job = stage.job()
    workers = [stage.worker(name, job) for name in "ab"]
    at_once(workers)
    for _night in range(10):
        stage.now = stage.row().next_due_at
        at_once(workers)
    assert [count for _at, count in Counter(at for _who, at in stage.done).items()] == [1] * 10
    with lease_ignored(monkeypatch):
        stage.done.clear()
        stage.now = stage.row().next_due_at
        meeting = threading.Barrier(len(workers))
        stage.during = lambda: meeting.wait(120)
        at_once(workers)
    assert len(stage.done) == 2


def test_worker_that_dies_in_the_middle_is_taken_over_when_its_heart_stopped(stage: Stage) -> None:
    job = stage.job()
    first, second = stage.worker("first", job), stage.worker("second", job)
    first.once()
    stage.now = NIGHT
    with stage.database.write() as session:
        assert services.claim(session, job, now=stage.now)
    for _look in range(5):
        stage.go_on(seconds=7)
        second.once()
    assert stage.done == []
    assert second.waits_for() == ["letters"]
    stage.go_on(seconds=7)
    second.once()
    assert [who for who, _at in stage.done] == ["second"]
    assert stage.row().outcome is Outcome.DONE
    stage.go_on(seconds=7)
    second.once()
    assert len(stage.done) == 1


def test_beating_heart_keeps_a_long_job_from_being_done_beside_itself(stage: Stage) -> None:
    job, others = stage.job(ROUND), []
    slow, watcher = stage.worker("slow", job, beats=0.02), stage.worker("watcher", job)
    watcher.once()
    stage.go_on(seconds=3600)
    stage.done.clear()

    def work() -> None:
        for _look in range(4):
            before, until = stage.row().lease_beat, time.monotonic() + 120
            while stage.row().lease_beat == before:
                assert time.monotonic() < until, "the heart stands still"
                time.sleep(0.01)
            stage.go_on(seconds=25)
            others.append(watcher.once())

    stage.during = work
    slow.once()
    assert (others, [who for who, _at in stage.done]) == ([{}] * 4, ["slow"])


def test_sleeper_may_not_overwrite_what_its_successor_wrote(stage: Stage) -> None:
    job = stage.job()
    sleeper, successor = stage.worker("sleeper", job), stage.worker("successor", job)
    sleeper.once()
    stage.now = NIGHT

    def sleeps() -> None:
        stage.during = lambda: None
        successor.once()
        stage.go_on(seconds=40)
        successor.once()
        stage.go_on(seconds=60)

    stage.during = sleeps
    sleeper.once()
    assert [who for who, _at in stage.done] == ["sleeper", "successor"]
    row = stage.row()
    assert row.finished_at == NIGHT + timedelta(seconds=40)
    assert row.next_due_at == NIGHTLY.after(NIGHT)
    with stage.database.write() as session:
        assert not services.beat(session, "letters", "token of the sleeper")


@pytest.mark.parametrize(
    "leap", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=1826)], ids=["-1h", "+1h", "+5y"]
)
def test_clock_that_leaps_doubles_no_job(stage: Stage, leap: timedelta) -> None:
    """Before, during and after the leap: a night's work is done once a night, also when the clock is set right."""
    job = stage.job()
    a, b = stage.worker("a", job), stage.worker("b", job)
    a.once()
    stage.now = NIGHT + SECOND

    def leaps() -> None:
        stage.go_on(seconds=1, leap=leap)
        for _look in range(3):
            b.once()
            stage.go_on(seconds=1)

    stage.during = leaps
    a.once()
    assert [who for who, _at in stage.done] == ["a"]
    stage.during = lambda: None
    for _quarter in range(4 * 4):
        stage.go_on(seconds=900)
        a.once()
        b.once()
    after_leap = len(stage.done)
    stage.go_on(seconds=1, leap=-leap)
    for _quarter in range(4 * 4):
        stage.go_on(seconds=900)
        a.once()
        b.once()
    # Years ahead is another night; nothing else is.
    assert (after_leap, len(stage.done)) == ((2, 2) if leap > timedelta(days=1) else (1, 1))
    stage.now = NIGHTLY.after(NIGHT) + SECOND
    a.once()
    b.once()
    assert len(stage.done) == after_leap + 1


def test_round_goes_on_after_the_clock_was_set_back(stage: Stage) -> None:
    job = stage.job(ROUND)
    worker = stage.worker("a", job)
    worker.once()
    stage.go_on(seconds=5, leap=timedelta(hours=-1))
    for _round in range(3):
        worker.once()
        stage.go_on(seconds=5)
    assert len(stage.done) == 3
    assert all(
        later[1] - earlier[1] >= ROUND.period for earlier, later in zip(stage.done[1:], stage.done[2:], strict=False)
    )


def test_work_that_fails_stops_nothing_and_shows(stage: Stage) -> None:
    def breaks(_database: Database, _app: Any, _now: datetime) -> dict[str, int]:
        raise ZeroDivisionError("nobody\nsecret: 12")

    broken = Periodic("broken", breaks, ROUND)
    worker = stage.worker("a", broken, stage.job(ROUND))
    for failures in (1, 2):
        worker.once()
        stage.go_on(seconds=5)
        assert stage.row("broken").failures == failures
    assert len(stage.done) == 2
    with stage.database.read() as session:
        shown = {job.name: job for job in standings(session, ["broken", "letters", "unknown"], now=stage.now)}
    assert (shown["broken"].is_fine, shown["letters"].is_fine) == (False, True)
    assert shown["broken"].error == "ZeroDivisionError: nobody"


def test_row_that_fails_stops_no_other_row_and_shows(stage: Stage) -> None:
    done: list[int] = []

    def rows(_database: Database, _app: Any, _now: datetime) -> dict[str, int]:
        for number in range(5):
            try:
                done.append(10 // (number - 2))
            except ZeroDivisionError as error:
                note_fault(f"row {number}", error)
        return {"done": len(done)}

    stage.worker("a", Periodic("rows", rows, ROUND)).once()
    row = stage.row("rows")
    assert (len(done), row.outcome, row.counts) == (4, Outcome.FAILED, {"done": 4})
    assert row.error == "1 × row 2: ZeroDivisionError"


def test_worker_that_ends_gives_its_job_back(stage: Stage) -> None:
    job = stage.job()
    worker, next_one = stage.worker("a", job), stage.worker("b", job)
    worker.once()
    stage.now = NIGHT
    stage.during = worker.give_up
    worker.once()
    stage.during = lambda: None
    assert stage.row().outcome is Outcome.CUT_OFF
    next_one.once()
    assert [who for who, _at in stage.done] == ["a", "b"]


def test_work_with_leases_of_its_own_is_done_by_every_worker(stage: Stage) -> None:
    job = stage.job(ROUND, beside=True)
    for who in "ab":
        stage.worker(who, job).once()
    assert [who for who, _at in stage.done] == ["a", "b"]
    assert stage.row().outcome is Outcome.DONE


def test_work_that_nobody_does_is_overdue(stage: Stage) -> None:
    worker = stage.worker("a", stage.job(ROUND))
    worker.once()
    for minutes, overdue in ((1, False), (16, True)):
        with stage.database.read() as session:
            [found] = standings(session, ["letters"], now=NOW + timedelta(minutes=minutes))
        assert found.is_overdue is overdue


def test_first_time_of_weekly_work_is_its_next_weekday(stage: Stage) -> None:
    stage.worker("a", stage.job(At(7, weekday=0))).once()
    assert stage.done == []
    assert stage.row().next_due_at == At(7, weekday=0).after(NOW)
