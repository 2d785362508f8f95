"""Gathers the pages of this room: matches, and requests after their draft. Letters get its words."""

from matcher.availability.halfday_wording import plan_label
from matcher.availability.wording import periods_label
from matcher.matching import (
    account_routes,
    along_routes,
    answer_routes,
    compare_routes,
    employer_routes,
    feed_routes,
    keep_routes,
    model_routes,
    nearby_routes,
    placement_routes,
    remembered_routes,
    request_routes,
    runbook_routes,
    statement_routes,
)
from matcher.matching.labels import reason_clause, reason_label
from matcher.matching.match_routes import blueprint
from matcher.matching.runbook_wording import runbook_hint, runbook_label

__all__ = [
    "account_routes",
    "along_routes",
    "answer_routes",
    "blueprint",
    "compare_routes",
    "employer_routes",
    "feed_routes",
    "keep_routes",
    "model_routes",
    "nearby_routes",
    "placement_routes",
    "remembered_routes",
    "request_routes",
    "runbook_routes",
    "statement_routes",
]

blueprint.add_app_template_global(reason_label, "reason_label")
blueprint.add_app_template_global(reason_clause, "reason_clause")
blueprint.add_app_template_global(periods_label, "periods_label")
blueprint.add_app_template_global(plan_label, "plan_label")
blueprint.add_app_template_global(runbook_label, "runbook_label")
blueprint.add_app_template_global(runbook_hint, "runbook_hint")
