"""What does not go by itself, and settling a visit whose two sides say different things."""

from flask import render_template

from matcher.clock import utcnow
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.stuck_queries import stuck
from matcher.matching.forms import ReportForm
from matcher.web.guards import actor, roles
from matcher.web.transaction import reading


@blueprint.get("/stuck", endpoint="stuck")
@roles("coordinator")
def stuck_list() -> str:
    found = stuck(reading(), actor(), utcnow())
    return render_template("coordination/stuck.html", found=found, form=ReportForm(formdata=None))
