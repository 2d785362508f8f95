"""The room's commands, and `matcher suggest`: who fits a request and why; nothing is stored. Exit codes: 0 done,
2 wrong input."""

import json
from typing import Any

import click

from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.errors import MatcherError, NotFound
from matcher.i18n import LOCALES, in_locale
from matcher.matching.erase_cli import erase_command
from matcher.matching.fsck_cli import fsck_command
from matcher.matching.model_queries import serve_models
from matcher.matching.report_services import suggestion_report
from matcher.matching.suggestion_services import DEFAULT_LIMIT
from matcher.matching.training_cli import evaluate_command, model_group, train_command
from matcher.matching.wording import never_sentence
from matcher.migrate import upgrade


def register(main: click.Group) -> None:
    """Add this room's commands to `matcher`."""
    main.add_command(suggest_command)
    main.add_command(fsck_command)
    main.add_command(erase_command)
    for command in (train_command, evaluate_command, model_group):
        main.add_command(command)


@click.command(name="suggest")
@click.argument("request_id", type=click.IntRange(min=1))
@click.option(
    "--limit", type=click.IntRange(1, 200), default=DEFAULT_LIMIT, show_default=True, help="How many at most."
)
@click.option("--lang", type=click.Choice(LOCALES), default="en", show_default=True, help="Language of the reasons.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def suggest_command(request_id: int, limit: int, lang: str, as_json: bool) -> None:
    """Who fits request REQUEST_ID, best first, with reasons for and against."""
    settings = Settings.from_env()
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    serve_models(database, settings.models_folder)
    try:
        with database.read() as session, in_locale(lang):
            report = suggestion_report(session, request_id=request_id, limit=limit, now=utcnow())
            lines = _lines(report)
    except NotFound as error:
        raise MatcherError(f"There is no request {request_id}.") from error
    finally:
        database.dispose()
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(lines))


def _lines(report: dict[str, Any]) -> list[str]:
    kind = Kind(report["kind"])
    lines = [f"Request {report['request_id']}: {report['eligible']} fit (ordered by {report['model']})"]
    for one in report["candidates"]:
        lines.append(
            f"{one['position']:>3}. {one['name'] or 'somebody of the team'}, {one['organisation']}: {one['title']}"
            f"  [offer {one['offer_id']}, {one['distance_km']:.1f} km, score {one['score']:.3f}]"
        )
        lines += [f"       + {text}" for text in one["reasons"]]
        lines += [f"       - {text}" for text in one["against"]]
        possible = [moment["label"] for moment in one["moments"] if moment["state"] in ("usual", "unknown")]
        lines.append(f"       at: {'; '.join(possible)}")
    lines += [f"  {count} x {code}: {never_sentence(code, kind)}" for code, count in report["never"].items()]
    lines += [f"  would help: {change['text']}" for change in report["smallest_change"]]
    return lines
