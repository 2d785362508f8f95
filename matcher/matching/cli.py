"""The command `matcher suggest`: who fits a request and why; nothing is stored. Exit codes: 0 done, 2 wrong input."""

import json
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.errors import MatcherError, NotFound
from matcher.i18n import LOCALES, in_locale
from matcher.matching.suggestion_queries import names_of
from matcher.matching.suggestion_services import DEFAULT_LIMIT, Candidate, Suggested, suggest
from matcher.matching.wording import Names, change_sentence, never_sentence, reason_lines
from matcher.migrate import upgrade
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation


def register(main: click.Group) -> None:
    """Add this room's commands to `matcher`."""
    main.add_command(suggest_command)


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
    try:
        with database.read() as session, in_locale(lang):
            report = suggestion_report(session, request_id, limit)
    except NotFound as error:
        raise MatcherError(f"There is no request {request_id}.") from error
    finally:
        database.dispose()
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        for line in _lines(report):
            click.echo(line)


def suggestion_report(session: Session, request_id: int, limit: int) -> dict[str, Any]:
    """What the command prints, worded in the current language."""
    found = suggest(session, request_id=request_id, now=utcnow(), limit=limit)
    mentioned = [reason for one in found.candidates for reason in (*one.reasons, *one.against)]
    names = names_of(session, request_id, {params.get("topic") for _code, params in mentioned} - {None})
    who = _who(session, [one.offer_id for one in found.candidates])
    return {
        "request_id": request_id,
        "model": found.model,
        "eligible": found.eligible,
        "candidates": [_candidate(one, who[one.offer_id], names) for one in found.candidates],
        **_why_so_few(found),
    }


def _why_so_few(found: Suggested) -> dict[str, Any]:
    changes = [{**change, "text": change_sentence(change)} for change in found.smallest_change]
    return {"never": found.never, "smallest_change": changes}


def _who(session: Session, offer_ids: list[int]) -> dict[int, Any]:
    query = (
        select(Offer.id, Offer.title, User.name.label("person"), Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.id.in_(offer_ids))
    )
    return {row.id: row for row in session.execute(query)}


def _candidate(one: Candidate, who: Any, names: Names) -> dict[str, Any]:
    return {
        "position": one.position,
        "offer_id": one.offer_id,
        "title": who.title,
        "name": who.person,
        "organisation": who.organisation,
        "distance_km": one.distance_km,
        "mode": one.mode.value,
        "score": one.score,
        "reasons": reason_lines(one.reasons, names),
        "against": reason_lines(one.against, names),
        "reason_codes": one.reasons,
        "against_codes": one.against,
        "moments": [
            {"id": int(key), "label": names.moments.get(int(key), ""), "state": state}
            for key, state in one.moments.items()
        ],
    }


def _lines(report: dict[str, Any]) -> list[str]:
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
    lines += [f"  {count} x {code}: {never_sentence(code)}" for code, count in report["never"].items()]
    lines += [f"  would help: {change['text']}" for change in report["smallest_change"]]
    return lines
