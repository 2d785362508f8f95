"""Routes to teaching, and what each said before."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NUMBERS = ("months_from", "months_to", "hours_from", "hours_to", "cost_from", "cost_to")
TEXTS = ("summary", "steps", "not_allowed", "who_decides", "funds")
CHECKS = {
    "education_known": "min_education <> 'unknown'",
    "months_in_order": "months_from is null or months_to is null or months_from <= months_to",
    "hours_in_order": "hours_from is null or hours_to is null or hours_from <= hours_to",
    "cost_in_order": "cost_from is null or cost_to is null or cost_from <= cost_to",
}


def upgrade() -> None:
    op.create_table(
        "teaching_routes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sectors", sa.JSON(), nullable=False),
        _codes("min_education", "below", "mbo_4", "bachelor", "master", "unknown"),
        sa.Column("lower_by_assessment", sa.Boolean(), nullable=False),
        _codes("subjects", "any", "general", "vocational"),
        _codes("gives", "none", "primary", "limited_second", "second", "first", "pdg", "bdb"),
        sa.Column("ask_first", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in NUMBERS),
        *(sa.Column(f"title_{lang}", sa.String(length=200), nullable=False) for lang in ("nl", "en")),
        *(
            sa.Column(f"{name}_{lang}", sa.String(length=1000), nullable=False)
            for name in TEXTS
            for lang in ("nl", "en")
        ),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("source_url", sa.String(length=300), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(text, name=op.f(f"ck_teaching_routes_{name}")) for name, text in CHECKS.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_routes")),
        sa.UniqueConstraint("code", name=op.f("uq_teaching_routes_code")),
    )
    op.create_table(
        "teaching_route_revisions",
        sa.Column("route_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        _codes("change", "shipped", "added", "changed", "restored", "ended", "reopened"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["route_id"], ["teaching_routes.id"], name=op.f("fk_teaching_route_revisions_route_id_teaching_routes")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_teaching_route_revisions_by_id_users")),
        sa.PrimaryKeyConstraint("route_id", "seq", name=op.f("pk_teaching_route_revisions")),
    )
    _make_append_only("teaching_route_revisions")


def downgrade() -> None:
    op.drop_table("teaching_route_revisions")
    op.drop_table("teaching_routes")


def _codes(name: str, *values: str) -> sa.Column:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=False)


def _make_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER tr_{table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append_only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
