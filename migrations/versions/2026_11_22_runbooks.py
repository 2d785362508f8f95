"""What both sides write for a visit beforehand, and the thanks of a school afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SIDES = ("school", "company", "employer", "coordinator", "system")


def upgrade() -> None:
    op.create_table(
        "runbook_versions",
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column(
            "side", sa.Enum(*SIDES, name="side", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_runbook_versions_version_positive")),
        sa.CheckConstraint("side in ('school','company')", name=op.f("ck_runbook_versions_of_a_party")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_runbook_versions_match_id_matches")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_runbook_versions_by_id_users")),
        sa.PrimaryKeyConstraint("match_id", "side", "version", name=op.f("pk_runbook_versions")),
    )
    op.add_column("visit_reports", sa.Column("thanks", sa.String(500), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    op.drop_column("visit_reports", "thanks")
    op.drop_table("runbook_versions")
