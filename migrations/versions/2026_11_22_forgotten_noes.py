"""Noes that who said them took back from memory."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "forgotten_noes",
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_forgotten_noes_match_id_matches")),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_forgotten_noes")),
    )


def downgrade() -> None:
    op.drop_table("forgotten_noes")
