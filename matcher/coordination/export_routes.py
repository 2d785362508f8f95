"""Everything of one region as a file, on any day. It travels with names and addresses, so each time is logged."""

from flask import Response, request

from matcher.accounts.services import record
from matcher.clock import local_date, utcnow
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.export_queries import region_tables
from matcher.coordination.region_queries import own_region, regions_of
from matcher.coordination.workbook import as_xlsx, as_zip
from matcher.web.guards import actor, roles
from matcher.web.transaction import reading, writing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.post("/region/<int:region_id>/export")
@roles("coordinator")
def export(region_id: int) -> Response:
    person, now = actor(), utcnow()
    region = own_region(regions_of(reading(), person), region_id)
    tables = region_tables(reading(), [region.id])
    as_csv = request.form.get("format") == "csv"
    content = as_zip(tables) if as_csv else as_xlsx(tables)
    with writing() as session:
        record(
            session,
            action="exported_region",
            object_type="region",
            object_id=region.id,
            actor_id=person.user_id,
            region_id=region.id,
            now=now,
        )
    name = f"matcher-{region.code}-{local_date(now).isoformat()}.{'zip' if as_csv else 'xlsx'}"
    return Response(
        content,
        content_type="application/zip" if as_csv else XLSX,
        headers={"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"},
    )
