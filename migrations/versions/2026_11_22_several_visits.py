"""Moments of several visits: the half-days of an internship, a weekly half-day over a whole term."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("request_moments", "match_moments"):
        op.add_column(table, sa.Column("parts", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column(
        "match_moments", sa.Column("shape_key", sa.String(length=40), server_default=sa.text("''"), nullable=False)
    )
    op.drop_index("uq_match_moments_start", "match_moments")
    op.create_index(
        "uq_match_moments_start", "match_moments", ["match_id", "start_s", "end_s", "shape_key"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_match_moments_start", "match_moments")
    op.execute("DELETE FROM match_moments WHERE shape_key <> '' AND NOT chosen")
    op.create_index("uq_match_moments_start", "match_moments", ["match_id", "start_s", "end_s"], unique=True)
    op.drop_column("match_moments", "shape_key")
    for table in ("match_moments", "request_moments"):
        op.drop_column(table, "parts")
