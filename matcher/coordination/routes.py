"""Gathers the pages of the coordinator."""

from matcher.coordination import (
    agreed_routes,
    export_routes,
    import_routes,
    overview_routes,
    region_routes,
    serving_routes,
    stuck_routes,
    visit_routes,
)
from matcher.coordination.approve_routes import blueprint

__all__ = [
    "agreed_routes",
    "blueprint",
    "export_routes",
    "import_routes",
    "overview_routes",
    "region_routes",
    "serving_routes",
    "stuck_routes",
    "visit_routes",
]
