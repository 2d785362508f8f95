"""What the clock does to matches, each in a short unit of its own: a lost run is made good by the next."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from matcher.accounts.queries import actor_for
from matcher.db import Database
from matcher.errors import MatcherError
from matcher.i18n import _l
from matcher.jobs.faults import note_fault
from matcher.matching import due_queries as due
from matcher.matching import leaving_queries, leaving_services
from matcher.matching.asked_training_tasks import train_when_asked
from matcher.matching.change_services import lapse_match
from matcher.matching.drop_services import drop_moments
from matcher.matching.due_services import approve_by_rule, ask_how_it_was
from matcher.matching.fairness_queries import fairness_for
from matcher.matching.gap_services import tell_again, untold_steps
from matcher.matching.model_tasks import TRAIN, train_from_queue, train_when_due
from matcher.matching.name_services import ask_for_name
from matcher.matching.note_tasks import write_notes
from matcher.matching.proposal_services import ask_next
from matcher.matching.reminder_queries import silent, to_remind
from matcher.matching.reminder_services import ask_once_more, remind
from matcher.matching.replacement_services import look_for_another
from matcher.matching.request_services import close_request, send_held_back
from matcher.matching.states import UNDO_SECONDS
from matcher.matching.suggestion_services import store_run, suggest
from matcher.matching.visit_services import count_reports, end_stopped, expire_match, supersede_match

LABEL = _l("Requests, asks and visits")
QUEUED = {TRAIN: train_from_queue}


def due_work(database: Database, app: Any, now: datetime) -> dict[str, int]:
    """Everything that is due; returns how often each thing was done. Safe to run twice or side by side."""
    settled = now - timedelta(seconds=UNDO_SECONDS)
    done = {
        "expired": _each(database, due.expired(database, now), lambda s, i: expire_match(s, i, now=now)),
        "dropped": _each(database, due.dropping(database, now), lambda s, i: drop_moments(s, i, now=now)),
        "superseded": _each(database, due.superseded(database, settled), lambda s, i: supersede_match(s, i, now=now)),
        "ended": _each(database, due.stopped(database), lambda s, i: end_stopped(s, i, now=now)),
        **_leaving(database, now),
        "closed": _each(database, due.finished(database, now), lambda s, i: close_request(s, i, now=now)),
        "lapsed": _each(database, due.lapsed(database, now), lambda s, i: lapse_match(s, i, now=now)),
        "approved": _each(database, due.accepted(database, settled), lambda s, i: approve_by_rule(s, i, now=now)),
        "asked for a name": _each(database, due.nameless(database, now), lambda s, i: ask_for_name(s, i, now=now)),
        "reminded": _each(database, to_remind(database, now), lambda s, i: remind(s, i, now=now)),
        "asked how": _each(database, due.over(database, now), lambda s, i: ask_how_it_was(s, i, now=now)),
        "asked once more": _each(database, silent(database, now), lambda s, i: ask_once_more(s, i, now=now)),
        "counted": _each(database, due.unreported(database, now), lambda s, i: count_reports(s, i, now=now)),
        "looked for another": _look_for_others(database, now),
        "told again": _tell_again(database, now),
        "sent": _send_held_back(database, now),
        "suggested": _suggest(database, now),
        "asked": _each(database, due.waiting(database, settled), lambda s, i: bool(ask_next(s, i, now=now))),
        **write_notes(database, now),
        **train_when_due(database, app, now),
        **train_when_asked(database, app, now),
    }
    return {what: count for what, count in done.items() if count}


def _leaving(database: Database, now: datetime) -> dict[str, int]:
    """Who left, stopped offering or no longer takes part strands nobody."""
    schools, askers = leaving_queries.schools_gone(database), leaving_queries.askers_gone(database)
    offers, guests = leaving_queries.offers_gone(database), leaving_queries.guests_gone(database)
    verbs = leaving_services
    return {
        "ended with the school": _each(database, schools, lambda s, i: verbs.end_school_request(s, i, now=now)),
        "handed over": _each(database, askers, lambda s, i: verbs.hand_over_request(s, i, now=now)),
        "ended with the offer": _each(database, offers, lambda s, i: verbs.end_invitation(s, i, now=now)),
        "left": _each(database, guests, lambda s, i: (verbs.end_for_leaver(s, i, now=now), True)),
    }


def _each(database: Database, ids: Iterable[int], verb: Callable[[Any, int], Any]) -> int:
    """One unit per row: a refusal (somebody was first, a rule says no) leaves that row for people, a fault for us."""
    count = 0
    for row_id in ids:
        try:
            with database.write() as session:
                count += bool(verb(session, row_id))
        except MatcherError:
            continue
        except Exception as error:
            note_fault(f"row {row_id}", error)
    return count


def _send_held_back(database: Database, now: datetime) -> int:
    count = 0
    for request_id, asker_id in due.held_back(database):
        try:
            with database.write() as session:
                count += send_held_back(session, request_id, actor=actor_for(session, asker_id), now=now)
        except MatcherError:
            continue
    return count


def _look_for_others(database: Database, now: datetime) -> int:
    """After a late cancellation: thinking happens outside the write unit."""
    count = 0
    for request_id, match_id in due.called_off(database, now):
        with database.read() as session:
            fairness = fairness_for(session, request_id, now=now)
            suggested = suggest(session, request_id=request_id, now=now, fairness=fairness)
        with database.write() as session:
            look_for_another(session, match_id, suggested, now=now)
        count += 1
    return count


def _tell_again(database: Database, now: datetime) -> int:
    with database.read() as session:
        steps = {step.match_id: step for step in untold_steps(session, now)}
    return _each(database, steps, lambda session, match_id: tell_again(session, steps[match_id], now=now))


def _suggest(database: Database, now: datetime) -> int:
    """Open requests without a run for their present text: thinking happens outside the write unit."""
    count = 0
    for request_id in due.without_run(database):
        with database.read() as session:
            fairness = fairness_for(session, request_id, now=now)
            suggested = suggest(session, request_id=request_id, now=now, fairness=fairness)
        with database.write() as session:
            store_run(session, suggested)
        count += 1
    return count
