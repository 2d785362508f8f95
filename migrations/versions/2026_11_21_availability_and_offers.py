"""Weekly patterns, exceptions, offers with their revisions and search key."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ["availability_exceptions", "weekly_patterns", "offers", "offer_revisions", "offer_search", "offer_topics"]
APPEND_ONLY = ["offer_revisions"]


def upgrade() -> None:
    _create_availability_exceptions()
    _create_weekly_patterns()
    _create_offers()
    _create_offer_revisions()
    _create_offer_search()
    _create_offer_topics()
    for table in APPEND_ONLY:
        _make_append_only(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _make_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER tr_{table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append_only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append_only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def _create_availability_exceptions() -> None:
    op.create_table(
        "availability_exceptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "owner_type",
            sa.Enum("person", "offer", name="owner_type", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("end_s", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("free", "busy", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.CheckConstraint("end_s > start_s", name=op.f("ck_availability_exceptions_end_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_exceptions")),
    )
    op.create_index(
        "ix_availability_exceptions_owner",
        "availability_exceptions",
        ["owner_type", "owner_id", "start_s"],
        unique=False,
    )


def _create_weekly_patterns() -> None:
    op.create_table(
        "weekly_patterns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "owner_type",
            sa.Enum("person", "offer", name="owner_type", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("usually", sa.JSON(), nullable=False),
        sa.Column("never", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_patterns")),
    )
    op.create_index(
        "uq_weekly_patterns_owner", "weekly_patterns", ["owner_type", "owner_id", "valid_from"], unique=True
    )


def _create_offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "guest_lecture",
                "teacher_internship",
                "hybrid_placement",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("own_name", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", "open", "withdrawn", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.Column(
            "delivery",
            sa.Enum(
                "on_site",
                "online",
                "either",
                "at_company",
                name="delivery",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("level_mask", sa.BigInteger(), nullable=False),
        sa.Column("pc4", sa.String(length=4), nullable=True),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("travel_km", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("yearly_cap", sa.Integer(), nullable=True),
        sa.Column("open_cap", sa.Integer(), nullable=False),
        sa.Column("months_off", sa.JSON(), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("on_behalf_by_id", sa.Integer(), nullable=True),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'hybrid_placement' or person_id is not null", name=op.f("ck_offers_hybrid_is_a_person")
        ),
        sa.CheckConstraint("notice_days between 0 and 365", name=op.f("ck_offers_notice_in_year")),
        sa.CheckConstraint("open_cap between 1 and 50", name=op.f("ck_offers_open_cap_sensible")),
        sa.CheckConstraint("places between 1 and 99", name=op.f("ck_offers_places_sensible")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_offers_revision_positive")),
        sa.CheckConstraint("travel_km between 0 and 400", name=op.f("ck_offers_travel_in_country")),
        sa.CheckConstraint("yearly_cap is null or yearly_cap between 0 and 400", name=op.f("ck_offers_cap_sensible")),
        sa.ForeignKeyConstraint(["on_behalf_by_id"], ["users.id"], name=op.f("fk_offers_on_behalf_by_id_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_offers_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["pc4"], ["postcodes.pc4"], name=op.f("fk_offers_pc4_postcodes")),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_offers_person_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_organisation", "offers", ["organisation_id", "state"], unique=False)
    op.create_index("ix_offers_person", "offers", ["person_id", "state"], unique=False)


def _create_offer_revisions() -> None:
    op.create_table(
        "offer_revisions",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_offer_revisions_by_id_users")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_revisions_offer_id_offers")),
        sa.PrimaryKeyConstraint("offer_id", "revision", name=op.f("pk_offer_revisions")),
    )


def _create_offer_search() -> None:
    op.create_table(
        "offer_search",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("travel_km", sa.Integer(), nullable=False),
        sa.Column("level_mask", sa.BigInteger(), nullable=False),
        sa.Column("day0", sa.BigInteger(), nullable=False),
        sa.Column("day1", sa.BigInteger(), nullable=False),
        sa.Column("day2", sa.BigInteger(), nullable=False),
        sa.Column("day3", sa.BigInteger(), nullable=False),
        sa.Column("day4", sa.BigInteger(), nullable=False),
        sa.Column("day5", sa.BigInteger(), nullable=False),
        sa.Column("day6", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_search_offer_id_offers")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_offer_search_topic_id_topics")),
        sa.PrimaryKeyConstraint("kind", "topic_id", "cell", "offer_id", name=op.f("pk_offer_search")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_offer_search_offer_id"), "offer_search", ["offer_id"], unique=False)


def _create_offer_topics() -> None:
    op.create_table(
        "offer_topics",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_topics_offer_id_offers")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_offer_topics_topic_id_topics")),
        sa.PrimaryKeyConstraint("offer_id", "topic_id", name=op.f("pk_offer_topics")),
    )
    op.create_index(op.f("ix_offer_topics_topic_id"), "offer_topics", ["topic_id"], unique=False)
