"""Approvals that nobody touched and that went to a stand-in or the node above: to whom, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reason = sa.Enum(
        "waited", "visit_near", "away", name="reason", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "approvals_sent_on",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("stand_in", sa.Boolean(), nullable=False),
        sa.Column("reason", reason, nullable=False),
        sa.Column("waited_days", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("hop >= 1", name=op.f("ck_approvals_sent_on_hop_positive")),
        sa.CheckConstraint(
            "(taken_at is null) = (taken_by_id is null)", name=op.f("ck_approvals_sent_on_taken_by_somebody")
        ),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_approvals_sent_on_match_id_matches")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_approvals_sent_on_region_id_regions")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name=op.f("fk_approvals_sent_on_taken_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals_sent_on")),
    )
    op.create_index("uq_approvals_sent_on_hop", "approvals_sent_on", ["match_id", "seq", "hop"], unique=True)


def downgrade() -> None:
    op.drop_table("approvals_sent_on")
