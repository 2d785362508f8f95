"""Statements of hours: on a page, as a PDF, and whether one that somebody shows is real. On the room's blueprint."""

from pathlib import Path
from typing import Any

from flask import Response, current_app, render_template, request, url_for

from matcher.clock import utcnow
from matcher.errors import NotFound
from matcher.i18n import LOCALES, current_locale, in_locale
from matcher.matching.hours_queries import confirmed_statement, hours_statement
from matcher.matching.match_routes import blueprint
from matcher.matching.queries import BIGGEST_ID, match_for
from matcher.matching.statement_pdf import Check, statement_pdf
from matcher.matching.statements import HoursStatement, code_of, match_of
from matcher.web.guards import actor, public, signed_in
from matcher.web.limits import limiter
from matcher.web.transaction import reading

TRIES = "60 per 5 minutes"
LONGEST_CODE = 60


@blueprint.get("/matches/<int:match_id>/hours")
@signed_in
def hours_statement_page(match_id: int) -> str:
    """For the two sides and the coordinator."""
    return render_template("matching/hours.html", found=_found(match_id), check=_check(match_id))


@blueprint.get("/matches/<int:match_id>/hours.pdf")
@signed_in
def hours_statement_pdf(match_id: int) -> Response:
    """In the reader's language, or in the one that is asked for."""
    wanted = request.args.get("lang", "")
    with in_locale(wanted if wanted in LOCALES else current_locale()):
        content = statement_pdf(_found(match_id), _check(match_id), Path(current_app.static_folder or ""))
    name = f"matcher-{match_id}.pdf"
    return Response(
        content, content_type="application/pdf", headers={"Content-Disposition": f"attachment; filename={name}"}
    )


@blueprint.get("/statements")
@public
@limiter.limit(TRIES)
def check_statement() -> str | tuple[str, int]:
    """A box for the code, and what it confirms. Says nothing that is not on the paper, and no name."""
    code = request.args.get("code", "")[:LONGEST_CODE]
    match_id = match_of(_key(), code)
    if not code:
        return render_template("matching/statement.html", code=code, found=None)
    try:
        found = confirmed_statement(reading(), match_id if match_id and match_id <= BIGGEST_ID else 0, utcnow())
    except NotFound:
        return render_template("matching/statement.html", code=code, found=None), 404
    return render_template("matching/statement.html", code=code, found=found)


def _found(match_id: int) -> HoursStatement:
    match, facts = match_for(reading(), match_id, actor(), utcnow())
    return hours_statement(reading(), match, facts, actor(), utcnow())


def _check(match_id: int) -> Check:
    settings: Any = current_app.extensions["matcher_settings"]
    code = code_of(_key(), match_id)
    return Check(code, f"{settings.base_url}{url_for('matching.check_statement')}")


def _key() -> str:
    settings: Any = current_app.extensions["matcher_settings"]
    return str(settings.require_secret())
