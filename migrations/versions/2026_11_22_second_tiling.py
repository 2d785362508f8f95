"""Municipality codes of postcodes, files of the authorities that were brought in, and the days of a stand-in."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("postcodes", sa.Column("municipality_code", sa.String(length=4), nullable=True))
    op.create_index("ix_postcodes_municipality_code", "postcodes", ["municipality_code"])
    op.add_column("grants", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("grants", sa.Column("ends_on", sa.Date(), nullable=True))
    op.create_table(
        "source_files",
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=True),
        sa.Column("last_modified", sa.String(length=200), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_source_files")),
    )


def downgrade() -> None:
    op.drop_table("source_files")
    op.drop_column("grants", "ends_on")
    op.drop_column("grants", "starts_on")
    op.drop_index("ix_postcodes_municipality_code", "postcodes")
    op.drop_column("postcodes", "municipality_code")
