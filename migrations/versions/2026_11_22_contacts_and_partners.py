"""Second contacts, standing partnerships, and lessons that belong to one series."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("requests", sa.Column("series_id", sa.Integer(), nullable=True))
    op.add_column("requests", sa.Column("series_no", sa.Integer(), nullable=True))
    op.create_index("ix_requests_series", "requests", ["series_id", "series_no"])
    _create_second_contacts()
    _create_partnerships()


def downgrade() -> None:
    op.drop_table("partnerships")
    op.drop_table("second_contacts")
    op.drop_index("ix_requests_series", table_name="requests")
    op.drop_column("requests", "series_no")
    op.drop_column("requests", "series_id")


def _create_second_contacts() -> None:
    op.create_table(
        "second_contacts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("colleague_id", sa.Integer(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("user_id <> colleague_id", name=op.f("ck_second_contacts_somebody_else")),
        sa.ForeignKeyConstraint(["colleague_id"], ["users.id"], name=op.f("fk_second_contacts_colleague_id_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_second_contacts_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_second_contacts_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "organisation_id", name=op.f("pk_second_contacts")),
    )
    op.create_index(op.f("ix_second_contacts_organisation_id"), "second_contacts", ["organisation_id"])
    op.create_index(op.f("ix_second_contacts_colleague_id"), "second_contacts", ["colleague_id"])


def _create_partnerships() -> None:
    people = ("proposed_by_id", "confirmed_by_id", "ended_by_id")
    op.create_table(
        "partnerships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column(
            "proposed_side",
            sa.Enum(
                "school",
                "company",
                "coordinator",
                name="proposed_side",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at is null) = (confirmed_by_id is null)", name=op.f("ck_partnerships_confirmed_by_somebody")
        ),
        sa.CheckConstraint("school_id <> company_id", name=op.f("ck_partnerships_two_sides")),
        *(
            sa.ForeignKeyConstraint(
                [column], ["organisations.id"], name=op.f(f"fk_partnerships_{column}_organisations")
            )
            for column in ("school_id", "company_id")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_partnerships_{column}_users"))
            for column in people
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerships")),
    )
    live = sa.text("ended_at is null")
    op.create_index(
        "uq_partnerships_live",
        "partnerships",
        ["school_id", "company_id"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("ix_partnerships_company", "partnerships", ["company_id"])
