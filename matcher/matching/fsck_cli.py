"""The command `matcher fsck`: does the database keep every promise? Exit codes: 0 all kept, 1 findings, 2 wrong use."""

import json

import click

from matcher.config import Settings
from matcher.db import Database
from matcher.matching.fsck_queries import CHECKS, MOST_SHOWN, Finding, broken_promises, file_damage
from matcher.migrate import upgrade


@click.command(name="fsck")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fsck_command(as_json: bool) -> None:
    """Check every promise of the data and say which rows break one."""
    settings = Settings.from_env()
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            findings = [*file_damage(session), *broken_promises(session)]
    finally:
        database.dispose()
    click.echo(_as_json(findings) if as_json else _as_text(findings))
    if findings:
        raise SystemExit(1)


def _as_json(findings: list[Finding]) -> str:
    rows = [{"name": f.name, "says": f.says, "rows": f.rows[:MOST_SHOWN], "count": len(f.rows)} for f in findings]
    return json.dumps({"checks": len(CHECKS) + 1, "findings": rows}, indent=2)


def _as_text(findings: list[Finding]) -> str:
    if not findings:
        return f"All {len(CHECKS) + 1} promises are kept."
    lines = []
    for finding in findings:
        shown = ", ".join(finding.rows[:MOST_SHOWN])
        more = f" and {len(finding.rows) - MOST_SHOWN} more" if len(finding.rows) > MOST_SHOWN else ""
        lines.append(f"{finding.name}: {finding.says} Broken by: {shown}{more}")
    return "\n".join(lines)
