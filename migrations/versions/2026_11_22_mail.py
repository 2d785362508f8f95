"""How often people want mail, which addresses were refused, quotas, and what a notice may wait for."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("manner", sa.String(length=20), server_default=sa.text("'at_once'"), nullable=False),
        sa.Column("gather", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=True),
        sa.Column("dead_reason", sa.String(length=20), nullable=True),
    ):
        op.add_column("outbox", column)
    op.create_index("ix_outbox_digest", "outbox", ["digest_id"])
    op.execute("update outbox set dead_reason = 'gave_up' where state = 'dead'")
    op.create_table(
        "mail_choices",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "rhythm",
            sa.Enum(
                "at_once",
                "daily",
                "weekly",
                "never",
                name=op.f("ck_mail_choices_rhythm"),
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("extras", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mail_choices_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mail_choices")),
    )
    op.create_table(
        "refused_addresses",
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("reply", sa.String(length=300), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_refused_addresses")),
    )
    op.create_table(
        "mail_quotas",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("starts_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_mail_quotas_taken_not_negative")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mail_quotas_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "unit", "starts_s", name=op.f("pk_mail_quotas")),
    )


def downgrade() -> None:
    for table in ("mail_quotas", "refused_addresses", "mail_choices"):
        op.drop_table(table)
    op.drop_index("ix_outbox_digest", "outbox")
    for column in ("dead_reason", "digest_id", "gather", "manner"):
        op.drop_column("outbox", column)
