"""On PostgreSQL the search key holds everything a search reads, so that it need not look the rows up one by one."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BESIDE = "lat, lon, travel_km, level_mask, day0, day1, day2, day3, day4, day5, day6"
KEY = "kind, topic_id, cell, offer_id"


def upgrade() -> None:
    _make_key(f" INCLUDE ({BESIDE})")


def downgrade() -> None:
    _make_key("")


def _make_key(beside: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite keeps the whole row in the order of the key already
    op.execute("ALTER TABLE offer_search DROP CONSTRAINT pk_offer_search")
    op.execute(f"ALTER TABLE offer_search ADD CONSTRAINT pk_offer_search PRIMARY KEY ({KEY}){beside}")
