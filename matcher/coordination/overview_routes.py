"""Where a coordinator begins: the numbers, what needs a decision now, what happens this week; and every decision."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from matcher.clock import local_date, school_year, utcnow, year_bounds
from matcher.coordination.approve_queries import approval_queue
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.overview_queries import (
    WEEK,
    coming_visits,
    decided_since,
    decision_lines,
    decisions_query,
    passed_without_approval,
)
from matcher.coordination.region_queries import company_count, regions_of, school_lines
from matcher.coordination.regional import numbers_of
from matcher.coordination.stuck_queries import stuck
from matcher.organisations.queries import awaiting_confirmation, awaiting_verification
from matcher.safeguarding.queries import reports_for
from matcher.web.guards import actor, roles
from matcher.web.paging import paginate
from matcher.web.transaction import reading

FIRST = 5
FOUR_WEEKS = 4 * WEEK


@blueprint.get("")
@roles("coordinator")
def index() -> str:
    session, person, now = reading(), actor(), utcnow()
    queue = approval_queue(session, person, now)
    lines = school_lines(session, person.region_ids, local_date(now))
    return render_template(
        "coordination/index.html",
        regions=regions_of(session, person),
        queue=queue[:FIRST],
        waiting=len(queue),
        late=sum(item.late for item in queue),
        organisations=awaiting_verification(session, person),
        people=awaiting_confirmation(session, person),
        stuck=stuck(session, person, now, queue=queue),
        concerns=len(reports_for(session, person)),
        coming=coming_visits(session, person, now),
        numbers=numbers_of(lines, company_count(session, person.region_ids)),
        decided=decided_since(session, person.region_ids, now - FOUR_WEEKS),
        unapproved=passed_without_approval(session, person.region_ids, *year_bounds(school_year(local_date(now)))),
    )


@blueprint.get("/verify")
@roles("coordinator")
def verify() -> Response:
    """Checking is done where organisations live."""
    return redirect(url_for("organisations.verify_list"))


@blueprint.get("/decisions")
@roles("coordinator")
def decisions() -> str:
    session, person = reading(), actor()
    page = paginate(session, decisions_query(person.region_ids))
    regions = regions_of(session, person)
    return render_template(
        "coordination/decisions.html",
        page=page,
        lines=decision_lines(session, page.rows, person),
        chosen=regions[0] if regions else None,
    )
