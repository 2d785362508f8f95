"""Organisations, grants, lesson grids, safeguarding."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = [
    "reports_of_concern",
    "organisations",
    "blocks",
    "calendar_days",
    "grants",
    "lesson_grids",
    "proofs",
    "safeguarding_rules",
]


def upgrade() -> None:
    _create_reports_of_concern()
    _create_organisations()
    _create_blocks()
    _create_calendar_days()
    _create_grants()
    _create_lesson_grids()
    _create_proofs()
    _create_safeguarding_rules()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_reports_of_concern() -> None:
    op.create_table(
        "reports_of_concern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("match_id", sa.Integer(), nullable=True),
        sa.Column("of_user_id", sa.Integer(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(length=4000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_reports_of_concern_by_id_users")),
        sa.ForeignKeyConstraint(
            ["handled_by_id"], ["users.id"], name=op.f("fk_reports_of_concern_handled_by_id_users")
        ),
        sa.ForeignKeyConstraint(["of_user_id"], ["users.id"], name=op.f("fk_reports_of_concern_of_user_id_users")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_reports_of_concern_region_id_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_of_concern")),
    )
    op.create_index(op.f("ix_reports_of_concern_match_id"), "reports_of_concern", ["match_id"], unique=False)
    op.create_index(op.f("ix_reports_of_concern_region_id"), "reports_of_concern", ["region_id"], unique=False)


def _create_organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "school",
                "board",
                "company",
                "self_employed",
                name="type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("brin", sa.String(length=4), nullable=True),
        sa.Column("location", sa.String(length=2), nullable=True),
        sa.Column("board_code", sa.String(length=8), nullable=True),
        sa.Column("kvk", sa.String(length=8), nullable=True),
        sa.Column(
            "school_sector",
            sa.Enum(
                "po",
                "so",
                "vo",
                "mbo",
                "hbo",
                name="school_sector",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("sector_id", sa.Integer(), nullable=True),
        sa.Column(
            "size",
            sa.Enum(
                "1", "2-9", "10-49", "50-249", "250+", name="size", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("street", sa.String(length=200), nullable=True),
        sa.Column("postcode", sa.String(length=7), nullable=True),
        sa.Column("pc4", sa.String(length=4), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column(
            "position_source",
            sa.Enum(
                "register", "postcode", name="position_source", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column(
            "holiday_region",
            sa.Enum(
                "noord", "midden", "zuid", name="holiday_region", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by_id", sa.Integer(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hours_budget", sa.Integer(), nullable=True),
        sa.Column("via_contact", sa.Boolean(), nullable=False),
        sa.Column("staff_domain", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("type <> 'company' or kvk is not null", name=op.f("ck_organisations_company_has_kvk")),
        sa.CheckConstraint(
            "type <> 'school' or (brin is not null and location is not null)",
            name=op.f("ck_organisations_school_has_brin"),
        ),
        sa.CheckConstraint(
            "type = 'board' or (lat is not null and lon is not null)", name=op.f("ck_organisations_has_position")
        ),
        sa.CheckConstraint("kvk is null or length(kvk) = 8", name=op.f("ck_organisations_kvk_eight_digits")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_organisations_version_positive")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisations.id"], name=op.f("fk_organisations_parent_id_organisations")
        ),
        sa.ForeignKeyConstraint(["pc4"], ["postcodes.pc4"], name=op.f("fk_organisations_pc4_postcodes")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_organisations_region_id_regions")),
        sa.ForeignKeyConstraint(["sector_id"], ["topics.id"], name=op.f("fk_organisations_sector_id_topics")),
        sa.ForeignKeyConstraint(["verified_by_id"], ["users.id"], name=op.f("fk_organisations_verified_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_index(op.f("ix_organisations_parent_id"), "organisations", ["parent_id"], unique=False)
    op.create_index(op.f("ix_organisations_pc4"), "organisations", ["pc4"], unique=False)
    op.create_index(op.f("ix_organisations_region_id"), "organisations", ["region_id"], unique=False)
    op.create_index("ix_organisations_search", "organisations", ["type", "name_key"], unique=False)
    op.create_index(
        "uq_organisations_board",
        "organisations",
        ["board_code"],
        unique=True,
        sqlite_where=sa.text("type = 'board'"),
        postgresql_where=sa.text("type = 'board'"),
    )
    op.create_index(
        "uq_organisations_kvk",
        "organisations",
        ["kvk", "pc4"],
        unique=True,
        sqlite_where=sa.text("type = 'company' and ended_at is null"),
        postgresql_where=sa.text("type = 'company' and ended_at is null"),
    )
    op.create_index(
        "uq_organisations_location",
        "organisations",
        ["brin", "location"],
        unique=True,
        sqlite_where=sa.text("type = 'school'"),
        postgresql_where=sa.text("type = 'school'"),
    )


def _create_blocks() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("by_organisation_id", sa.Integer(), nullable=True),
        sa.Column("of_user_id", sa.Integer(), nullable=True),
        sa.Column("of_organisation_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(by_user_id is null) <> (by_organisation_id is null)", name=op.f("ck_blocks_one_blocker")),
        sa.CheckConstraint("(of_user_id is null) <> (of_organisation_id is null)", name=op.f("ck_blocks_one_blocked")),
        sa.ForeignKeyConstraint(
            ["by_organisation_id"], ["organisations.id"], name=op.f("fk_blocks_by_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_blocks_by_user_id_users")),
        sa.ForeignKeyConstraint(
            ["of_organisation_id"], ["organisations.id"], name=op.f("fk_blocks_of_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["of_user_id"], ["users.id"], name=op.f("fk_blocks_of_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    op.create_index(op.f("ix_blocks_by_organisation_id"), "blocks", ["by_organisation_id"], unique=False)
    op.create_index(op.f("ix_blocks_by_user_id"), "blocks", ["by_user_id"], unique=False)
    op.create_index(op.f("ix_blocks_of_organisation_id"), "blocks", ["of_organisation_id"], unique=False)
    op.create_index(op.f("ix_blocks_of_user_id"), "blocks", ["of_user_id"], unique=False)


def _create_calendar_days() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "test_week",
                "study_day",
                "free_day",
                "exam_classes_gone",
                "lesson_day",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_calendar_days_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "day", "kind", name=op.f("pk_calendar_days")),
    )


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "teacher",
                "school_lead",
                "professional",
                "company_contact",
                "coordinator",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("stand_in", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role in ('teacher','school_lead','professional','company_contact') and organisation_id is not null and region_id is null) or (role = 'coordinator' and region_id is not null and organisation_id is null) or (role = 'administrator' and region_id is null and organisation_id is null)",
            name=op.f("ck_grants_scope_fits_role"),
        ),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["users.id"], name=op.f("fk_grants_confirmed_by_id_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_grants_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_grants_region_id_regions")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_organisation_id"), "grants", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_grants_region_id"), "grants", ["region_id"], unique=False)
    op.create_index(op.f("ix_grants_user_id"), "grants", ["user_id"], unique=False)
    op.create_index(
        "uq_grants_live",
        "grants",
        [
            "user_id",
            "role",
            sa.literal_column("coalesce(organisation_id, 0)"),
            sa.literal_column("coalesce(region_id, 0)"),
        ],
        unique=True,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )


def _create_lesson_grids() -> None:
    op.create_table(
        "lesson_grids",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=True),
        sa.Column("shortened", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_lesson_grids_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_grids")),
    )
    op.create_index("ix_lesson_grids_owner", "lesson_grids", ["organisation_id", "valid_from"], unique=False)


def _create_proofs() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column(
            "type",
            sa.Enum("none", "vog", name="type", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("seen_by_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["organisations.id"], name=op.f("fk_proofs_board_id_organisations")),
        sa.ForeignKeyConstraint(["seen_by_id"], ["users.id"], name=op.f("fk_proofs_seen_by_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_proofs_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
    )
    op.create_index("ix_proofs_lookup", "proofs", ["user_id", "board_id", "type"], unique=False)


def _create_safeguarding_rules() -> None:
    op.create_table(
        "safeguarding_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("supervised", sa.Boolean(), nullable=True),
        sa.Column("structural", sa.Boolean(), nullable=True),
        sa.Column("board_id", sa.Integer(), nullable=True),
        sa.Column(
            "proof",
            sa.Enum("none", "vog", name="proof", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("max_age_weeks", sa.Integer(), nullable=True),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "max_age_weeks is null or max_age_weeks > 0", name=op.f("ck_safeguarding_rules_age_positive")
        ),
        sa.ForeignKeyConstraint(
            ["board_id"], ["organisations.id"], name=op.f("fk_safeguarding_rules_board_id_organisations")
        ),
        sa.ForeignKeyConstraint(["set_by_id"], ["users.id"], name=op.f("fk_safeguarding_rules_set_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safeguarding_rules")),
    )
    op.create_index(op.f("ix_safeguarding_rules_board_id"), "safeguarding_rules", ["board_id"], unique=False)
