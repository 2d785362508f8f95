"""The commands `matcher train`, `matcher evaluate` and `matcher model`. Exit codes: 0 done, 2 wrong input."""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.errors import Conflict, InvalidInput
from matcher.matching.model_models import ModelState, ModelVersion
from matcher.matching.model_queries import running, serve_models, trainings, version_named, versions
from matcher.matching.model_services import drop_running, release_version
from matcher.matching.model_tasks import Evaluation, Training, evaluate_now, train_now
from matcher.ranking.judging import Report
from matcher.ranking.store import BadModel, load_model
from matcher.reference import prepare

MEASURES = ("ndcg@10", "mrr", "hit@1", "hit@3", "hit@5", "ece", "gini", "served")
HEADS = ("NDCG@10", "MRR", "hit@1", "hit@3", "hit@5", "calibr. error", "Gini", "served")
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
reason_option = click.option("--reason", default="by the command line", help="Why; it is kept with the version.")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = Settings.from_env()
    prepare(settings.database_url)
    database = Database(settings.database_url)
    try:
        yield settings, database
    finally:
        database.dispose()


def _teller() -> Callable[[str], None]:
    """What is being done, and after how many seconds, for whoever waits."""
    began = time.monotonic()
    return lambda what: click.echo(f"  {time.monotonic() - began:6.1f} s  {what} …", err=True)


def _cost(began: float) -> dict[str, float]:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    divisor = 1024 * 1024 if sys.platform == "darwin" else 1024
    return {"seconds": round(time.monotonic() - began, 1), "memory_mb": round(most / divisor)}


def _cost_line(cost: dict[str, float]) -> str:
    return f"({cost['seconds']:.1f} s, {cost['memory_mb']:.0f} MB of memory)"


@click.command(name="train")
@as_json_option
def train_command(as_json: bool) -> None:
    """Learn from what became of suggestions; runs only if it beats every baseline on later requests."""
    began = time.monotonic()
    with _opened() as (settings, database):
        made = train_now(database, settings.models_folder, now=utcnow(), tell=_teller())
    cost = _cost(began)
    _print(_trained(made) | cost, [*_training_lines(made), _cost_line(cost)], as_json)


@click.command(name="evaluate")
@as_json_option
def evaluate_command(as_json: bool) -> None:
    """How the running ranking does next to every baseline, on requests it did not learn from."""
    began = time.monotonic()
    with _opened() as (settings, database):
        found = evaluate_now(database, settings.models_folder, now=utcnow(), tell=_teller())
    told = {"running": found.running, "since": found.since.isoformat(), **found.report.as_json()}
    cost = _cost(began)
    _print(told | cost, [*_evaluation_lines(found), _cost_line(cost)], as_json)


@click.group(name="model")
def model_group() -> None:
    """The rankings that were learned: which there are, which runs, and choosing another."""


@model_group.command(name="list")
@as_json_option
def list_command(as_json: bool) -> None:
    """Every version, the newest first, and what came of the weekly trainings."""
    with _opened() as (settings, database):
        serve_models(database, settings.models_folder)
        with database.read() as session:
            found, weeks, now = versions(session), trainings(session, limit=5), running(session)
    told = {
        "running": now.name,
        "degraded": now.fault.sentence if now.fault else None,
        "versions": [_version(row) for row in found],
        "trainings": [
            {"week": row.week, "outcome": row.outcome, "version": row.version, "note": row.note} for row in weeks
        ],
    }
    lines = [f"Ordered by: {now.name}"] + ([f"Degraded: {now.fault.sentence}"] if now.fault else [])
    lines += [f"  {row.version}  {row.state.value:<10} {row.made_at:%Y-%m-%d %H:%M}  {row.note}" for row in found]
    lines += [f"  training {row.week}: {row.outcome or 'under way'} {row.note}" for row in weeks]
    _print(told, lines, as_json)


@model_group.command(name="show")
@click.argument("version")
@as_json_option
def show_command(version: str, as_json: bool) -> None:
    """The card of one version."""
    with _opened() as (_settings, database), database.read() as session:
        row = version_named(session, version)
    told = _version(row) | {"card": row.card}
    lines = [f"{name}: {value}" for name, value in told.items() if name != "card"]
    lines += [f"{name}: {value}" for name, value in row.card.items() if name != "metrics"]
    _print(told, lines + _table(row.card.get("metrics", {}).get("rankers", {})), as_json)


@model_group.command(name="use")
@click.argument("version")
@reason_option
def use_command(version: str, reason: str) -> None:
    """Let this version order people, also an earlier one."""
    with _opened() as (settings, database):
        with database.read() as session:
            row = version_named(session, version)
        try:
            load_model(settings.models_folder, row.version, row.file_hash)
        except BadModel as error:
            raise InvalidInput(f"Model {row.version} cannot be used: {error.sentence}") from error
        with database.write() as session:
            release_version(session, row.version, reason=reason[:1000], now=utcnow())
    click.echo(f"{row.version} orders people from now on.")


@model_group.command(name="drop")
@click.argument("version", required=False)
@reason_option
def drop_command(version: str | None, reason: str) -> None:
    """Take the running version away: the written rule takes over."""
    with _opened() as (_settings, database), database.write() as session:
        if version is not None and version_named(session, version).state is not ModelState.RELEASED:
            raise Conflict(f"{version} does not run; `matcher model list` says which one does.")
        row = drop_running(session, reason=reason[:1000], now=utcnow())
    click.echo(f"{row.version} was dropped; the written rule orders people from now on.")


def _print(told: dict[str, Any], lines: list[str], as_json: bool) -> None:
    click.echo(json.dumps(told, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))


def _version(row: ModelVersion) -> dict[str, Any]:
    return {
        "version": row.version,
        "state": row.state.value,
        "made_at": row.made_at.isoformat(),
        "released_at": row.released_at.isoformat() if row.released_at else None,
        "note": row.note,
        "file_hash": row.file_hash,
    }


def _trained(made: Training) -> dict[str, Any]:
    return {
        "version": made.version,
        "state": made.state.value,
        "released": made.state is ModelState.RELEASED,
        "stage": made.stage,
        "learned_from": {
            "from": made.window_from.isoformat(), "to": made.window_to.isoformat(), "settled": made.settled,
            "left_out": made.left_out,
        },
        "sentences": made.sentences,
        **made.report.as_json(),
    }  # fmt: skip


def _training_lines(made: Training) -> list[str]:
    lines = [
        f"Learned from {made.settled:,} answered invitations, {made.window_from:%Y-%m-%d} to {made.window_to:%Y-%m-%d}"
        f" ({made.stage}).",
        f"Judged by {made.report.requests:,} later requests, {made.report.settled:,} answered invitations:",
        *_table(made.report.as_json()["rankers"]),
    ]
    if made.state is ModelState.RELEASED:
        return [*lines, f"{made.version} beats every baseline and orders people from now on."]
    return [*lines, f"{made.version} was not released:", *(f"  {sentence}" for sentence in made.sentences)]


def _evaluation_lines(found: Evaluation) -> list[str]:
    report: Report = found.report
    head = f"Ordered by {found.running}. Requests after {found.since:%Y-%m-%d %H:%M} UTC: {report.requests:,}, with "
    return [f"{head}{report.settled:,} answered invitations.", *_table(report.as_json()["rankers"])]


def _table(rankers: dict[str, dict[str, list[float | None]]]) -> list[str]:
    """A line per ranker; under each figure its 95 % interval."""
    lines = ["  " + f"{'':<14}" + "".join(f"{head:>16}" for head in HEADS)]
    for name, found in rankers.items():
        figures = [found.get(measure) or [None, None, None] for measure in MEASURES]
        lines.append("  " + f"{name:<14}" + "".join(f"{_said(figure[0]):>16}" for figure in figures))
        spans = ["" if low is None else f"{_said(low)}–{_said(high)}" for _mean, low, high in figures]
        lines.append("  " + f"{'':<14}" + "".join(f"{span:>16}" for span in spans))
    return lines


def _said(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"
