"""What the administrator's status page says about mails, disk and regular work. Pure but for the values it is given."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from matcher.disk import is_nearly_full
from matcher.home.figures import Health
from matcher.i18n import _, format_number, ngettext
from matcher.jobs.standing import JobStanding
from matcher.jobs.states import Outcome

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def shown(health: Health, labels: Mapping[str, Any]) -> dict[str, Any]:
    """What the template takes: more facts, a table of regular work, and sentences about what needs a look."""
    return {
        "more": more_facts(health),
        "rows": [_row(job, labels, health.at) for job in health.jobs],
        "warnings": warnings(health, labels),
        "no_worker": not health.jobs,
    }


def more_facts(health: Health) -> list[tuple[str, str]]:
    """Lines about what waits and how much room there is."""
    oldest = age(health.at - health.oldest_unsent_at) if health.oldest_unsent_at else _("none waits")
    queued = _("cannot be asked") if health.queue is None else format_number(health.queue.count)
    if health.queue and health.queue.since:
        queued = _("%(count)s, the oldest %(age)s", count=queued, age=age(health.at - health.queue.since))
    lag = _("unknown") if not health.jobs else length(health.lag) if health.lag >= MINUTE else _("no")
    room = _("unknown") if health.disk_free is None else _("%(size)s GB", size=format_number(health.disk_free / 1e9, 1))
    return [
        (_("Oldest mail that waits"), oldest),
        (_("Longer jobs that wait"), queued),
        (_("Regular work runs behind"), lag),
        (_("Free disk space"), room),
        (_("Shape of the database"), health.schema),
    ]


def warnings(health: Health, labels: Mapping[str, Any]) -> list[str]:
    """One sentence for each thing that somebody should look at."""
    found = []
    for job in health.jobs:
        label = str(labels.get(job.name) or job.name)
        if job.is_overdue:
            found.append(_("“%(work)s” should have been done long ago. Does the worker run?", work=label))
        elif job.outcome is Outcome.FAILED:
            found.append(_("“%(work)s” failed: %(error)s. It is tried again.", work=label, error=job.error or ""))
    if is_nearly_full(health.disk_free):
        found.append(_("The disk is nearly full. Make room, or nothing can be saved soon."))
    if health.queue is None:
        found.append(_("The queue of longer jobs cannot be reached. Mails and regular work go on."))
    return found


def age(passed: timedelta) -> str:
    """How long ago, in the largest unit that fits."""
    if passed < MINUTE:
        return _("a moment ago")
    return _("%(length)s ago", length=length(passed))


def length(passed: timedelta) -> str:
    if passed >= DAY:
        return ngettext("%(num)s day", "%(num)s days", passed // DAY)
    if passed >= HOUR:
        return ngettext("%(num)s hour", "%(num)s hours", passed // HOUR)
    return ngettext("%(num)s minute", "%(num)s minutes", passed // MINUTE)


def _row(job: JobStanding, labels: Mapping[str, Any], now: datetime) -> list[str]:
    label = str(labels.get(job.name) or job.name)
    done = age(now - job.finished_at) if job.finished_at else _("never")
    return [label, done, _outcome(job, now), _next(job, now)]


def _outcome(job: JobStanding, now: datetime) -> str:
    if job.busy_since and now - job.busy_since >= MINUTE:
        return _("busy for %(length)s", length=length(now - job.busy_since))
    words = {
        Outcome.DONE: _("done"),
        Outcome.FAILED: _("failed"),
        Outcome.CUT_OFF: _("cut off, will be done again"),
    }
    return words[job.outcome] if job.outcome else _("not yet")


def _next(job: JobStanding, now: datetime) -> str:
    if job.is_overdue:
        return _("overdue")
    wait = job.next_due_at - now
    return _("at once") if wait < MINUTE else _("in %(length)s", length=length(wait))
