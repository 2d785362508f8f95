"""Ask budgets with a counter for each owner and school year, filled from what was asked and agreed so far."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"

OWNERS = ("person", "offer", "organisation")
YEAR = "case when {month} >= 8 then {year} else {year} - 1 end"


def upgrade() -> None:
    op.create_table(
        "ask_counters",
        sa.Column(
            "owner",
            sa.Enum(*OWNERS, name="owner", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=True),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_ask_counters_never_negative")),
        sa.CheckConstraint("cap is null or taken <= cap", name=op.f("ck_ask_counters_within_cap")),
        sa.PrimaryKeyConstraint("owner", "owner_id", "period", name=op.f("pk_ask_counters")),
    )
    op.add_column("organisations", sa.Column("ask_limit", sa.Integer(), nullable=True))
    op.add_column("matches", sa.Column("counted_year", sa.Integer(), nullable=True))
    op.add_column(
        "matches", sa.Column("counts_for_company", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _fill()


def _fill() -> None:
    """What was agreed counts in the year of its day, a question that waits in that of the first moment asked for."""
    agreed = "(select t.day from match_moments t where t.match_id = matches.id and t.chosen)"
    asked = "(select min(t.day) from request_moments t where t.request_id = matches.request_id)"
    others = f"(select coalesce(r.window_from, {_day('r.published_at')}) from requests r where r.id = request_id)"  # noqa: S608
    first = f"coalesce({asked}, {others})"
    for day, where in (
        (f"coalesce({agreed}, {first})", "state in ('accepted', 'approved', 'held')"),
        (first, "state = 'proposed' and side <> 'company'"),
    ):
        year = YEAR.format(month=_part("month", day), year=_part("year", day))
        own = "(select o.own_name from offers o where o.id = matches.offer_id)"
        op.execute(f"update matches set counted_year = {year}, counts_for_company = not {own} where {where}")  # noqa: S608
    guest = "case when professional_id is null then 'offer' else 'person' end"
    op.execute(
        f"insert into ask_counters (owner, owner_id, period, taken) select {guest}, "  # noqa: S608
        f"coalesce(professional_id, offer_id), counted_year, count(*) from matches where counted_year is not null "
        f"group by {guest}, coalesce(professional_id, offer_id), counted_year"
    )
    op.execute(
        "insert into ask_counters (owner, owner_id, period, taken) select 'organisation', o.organisation_id,"
        " m.counted_year, count(*) from matches m join offers o on o.id = m.offer_id"
        " where m.counted_year is not null and m.counts_for_company group by o.organisation_id, m.counted_year"
    )


def _day(column: str) -> str:
    return f"date({column})" if _is_sqlite() else f"cast({column} as date)"


def _part(part: str, day: str) -> str:
    if _is_sqlite():
        return f"cast(strftime('{'%m' if part == 'month' else '%Y'}', {day}) as integer)"
    return f"cast(extract({part} from {day}) as integer)"


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    op.drop_column("matches", "counts_for_company")
    op.drop_column("matches", "counted_year")
    op.drop_column("organisations", "ask_limit")
    op.drop_table("ask_counters")
