"""The words of open offers, for searching in their texts; a starting server fills them from the offers. And an index
for what every page counts: the notices that somebody has not read."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "search_terms",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_terms")),
    )
    op.create_table(
        "offer_words",
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_words_offer_id_offers")),
        sa.ForeignKeyConstraint(["term_id"], ["search_terms.id"], name=op.f("fk_offer_words_term_id_search_terms")),
        sa.PrimaryKeyConstraint("term_id", "offer_id", name=op.f("pk_offer_words")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_offer_words_offer_id"), "offer_words", ["offer_id"])
    columns = ["recipient_user_id", "channel", "read_at", "state", "not_before"]
    op.create_index("ix_outbox_unread", "outbox", columns)


def downgrade() -> None:
    op.drop_index("ix_outbox_unread", "outbox")
    op.drop_table("offer_words")
    op.drop_table("search_terms")
