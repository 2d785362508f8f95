"""The page behind an employer's signed link: looking at it changes nothing, one button answers."""

from flask import render_template, request

from matcher.clock import utcnow
from matcher.errors import Conflict, NotFound
from matcher.matching.employer_queries import employer_page
from matcher.matching.employer_services import answer_for_employer
from matcher.matching.match_routes import blueprint
from matcher.web.guards import public
from matcher.web.transaction import reading, writing

GONE = 410


@blueprint.get("/employer-consent/<secret>")
@public
def employer_consent(secret: str) -> str | tuple[str, int]:
    page = employer_page(reading(), secret, now=utcnow())
    if page is None:
        return _dead()
    return render_template("matching/employer.html", page=page, secret=secret)


@blueprint.post("/employer-consent/<secret>")
@public
def employer_answer(secret: str) -> str | tuple[str, int]:
    now, agrees = utcnow(), request.form.get("answer") == "yes"
    page = employer_page(reading(), secret, now=now)
    if page is None or request.form.get("answer") not in {"yes", "no"}:
        return _dead()
    try:
        with writing() as session:
            answer_for_employer(session, secret, agrees=agrees, now=now)
    except (Conflict, NotFound):
        return _dead()
    return render_template("matching/employer_done.html", page=page, agrees=agrees)


def _dead() -> tuple[str, int]:
    return render_template("matching/employer_dead.html"), GONE
