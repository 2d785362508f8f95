"""What only internships have: the statement of hours. Registered on the room's blueprint."""

from flask import render_template

from matcher.clock import utcnow
from matcher.matching.hours_queries import hours_statement
from matcher.matching.match_routes import blueprint
from matcher.matching.queries import match_for
from matcher.web.guards import actor, signed_in
from matcher.web.transaction import reading


@blueprint.get("/matches/<int:match_id>/hours")
@signed_in
def hours_statement_page(match_id: int) -> str:
    """Print-friendly; for the two sides and the coordinator."""
    match, facts = match_for(reading(), match_id, actor(), utcnow())
    found = hours_statement(reading(), match, facts, actor(), utcnow())
    return render_template("matching/hours.html", found=found)
