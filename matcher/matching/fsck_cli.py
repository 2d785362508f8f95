"""The command `matcher fsck`: does the database keep every promise? Exit codes: 0 all kept, 1 findings, 2 wrong use."""

import json
from collections.abc import Sequence

import click

from matcher.clock import utcnow
from matcher.config import Settings
from matcher.damage import torn
from matcher.db import Database, sqlite_file
from matcher.errors import ConfigurationError
from matcher.matching.fsck_queries import (
    CHECKS,
    MOST_SHOWN,
    Finding,
    look,
    torn_file,
    what_to_do,
)
from matcher.matching.fsck_services import MENDS, Planned, mend, planned
from matcher.migrate import upgrade

PROMISED = len(CHECKS) + 1


@click.command(name="fsck")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--mend", "mending", is_flag=True, help="Make anew what can be made from the rest; never history.")
@click.option("--dry-run", is_flag=True, help="With --mend: only say what it would do.")
def fsck_command(as_json: bool, mending: bool, dry_run: bool) -> None:
    """Check every promise of the data and say which rows break one."""
    if dry_run and not mending:
        raise click.UsageError("--dry-run belongs to --mend.")
    url = Settings.from_env().database_url
    try:
        findings, plans = _looked(url, mending=mending, dry_run=dry_run)
    except ConfigurationError:
        findings, plans = _torn(url), []
        if not findings:
            raise
    click.echo(_as_json(findings, plans) if as_json else _as_text(findings, plans, dry_run or _is_torn(findings)))
    if findings:
        raise SystemExit(1)


def _looked(url: str, *, mending: bool, dry_run: bool) -> tuple[list[Finding], list[Planned]]:
    """What was found, and what was or would be mended. Raises ConfigurationError when it cannot be opened."""
    upgrade(url)
    database = Database(url)
    try:
        findings = _look(database)
        plans = planned(findings) if mending else []
        # A file that is torn is not written to any more: it is replaced by a backup.
        if plans and not dry_run and not _is_torn(findings):
            with database.write() as session:
                plans = mend(session, now=utcnow())
            findings = _look(database)
    finally:
        database.dispose()
    return findings, plans


def _torn(url: str) -> list[Finding]:
    file = sqlite_file(url)
    damage = torn(file) if file and file.exists() else ""
    return [torn_file([damage])] if damage else []


def _is_torn(findings: Sequence[Finding]) -> bool:
    return any(finding.name == "file" for finding in findings)


def _look(database: Database) -> list[Finding]:
    with database.read() as session:
        return look(session)


def _as_json(findings: Sequence[Finding], plans: Sequence[Planned]) -> str:
    found = [
        {
            "name": f.name,
            "says": f.says,
            "what_to_do": what_to_do(f.name),
            "can_mend": f.name in MENDS,
            "rows": f.rows[:MOST_SHOWN],
            "count": len(f.rows),
        }
        for f in findings
    ]
    mended = [{"name": plan.name, "says": plan.says, "count": len(plan.rows)} for plan in plans]
    return json.dumps({"checks": PROMISED, "findings": found, "mends": mended}, indent=2)


def _as_text(findings: Sequence[Finding], plans: Sequence[Planned], only_said: bool) -> str:
    lines = [f"{'would' if only_said else 'did'} {plan.says}: {_rows(plan.rows)}" for plan in plans]
    if not findings:
        return "\n".join([*lines, f"All {PROMISED} promises are kept."])
    for finding in findings:
        lines.append(f"{finding.name}: {finding.says} Broken by: {_rows(finding.rows)}")
        lines.append(
            f"    {'matcher fsck --mend can mend this.' if finding.name in MENDS else what_to_do(finding.name)}"
        )
    return "\n".join(lines)


def _rows(rows: Sequence[str]) -> str:
    more = f" and {len(rows) - MOST_SHOWN} more" if len(rows) > MOST_SHOWN else ""
    return ", ".join(rows[:MOST_SHOWN]) + more
