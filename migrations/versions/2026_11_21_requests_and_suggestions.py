"""Classes, requests with their revisions, suggestion runs and ticks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = [
    "classes",
    "requests",
    "request_moments",
    "request_revisions",
    "request_topics",
    "suggestion_runs",
    "suggestions",
    "request_ticks",
]
APPEND_ONLY = ["request_revisions"]


def upgrade() -> None:
    _create_classes()
    _create_requests()
    _create_request_moments()
    _create_request_revisions()
    _create_request_topics()
    _create_suggestion_runs()
    _create_suggestions()
    _create_request_ticks()
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


def _create_classes() -> None:
    op.create_table(
        "classes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("weekly_periods", sa.JSON(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("size between 1 and 500", name=op.f("ck_classes_size_sensible")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_classes_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_classes_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classes")),
    )
    op.create_index(op.f("ix_classes_organisation_id"), "classes", ["organisation_id"], unique=False)


def _create_requests() -> None:
    op.create_table(
        "requests",
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
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("on_behalf_by_id", sa.Integer(), nullable=True),
        sa.Column("teacher_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "withdrawn",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("group_size", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
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
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("window_from", sa.Date(), nullable=True),
        sa.Column("window_to", sa.Date(), nullable=True),
        sa.Column("days", sa.Double(), nullable=True),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("half_day_mask", sa.Integer(), nullable=True),
        sa.Column("max_km", sa.Integer(), nullable=True),
        sa.Column("own_words", sa.String(length=4000), nullable=False),
        sa.Column("costs", sa.String(length=200), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state <> 'open' or published_at is not null", name=op.f("ck_requests_open_has_time")),
        sa.CheckConstraint("needed between 1 and 60", name=op.f("ck_requests_needed_sensible")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_requests_revision_positive")),
        sa.CheckConstraint("window_to is null or window_to >= window_from", name=op.f("ck_requests_window_in_order")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_requests_asked_by_id_users")),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_requests_class_id_classes")),
        sa.ForeignKeyConstraint(["on_behalf_by_id"], ["users.id"], name=op.f("fk_requests_on_behalf_by_id_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_requests_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_requests_region_id_regions")),
        sa.ForeignKeyConstraint(["teacher_id"], ["users.id"], name=op.f("fk_requests_teacher_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_asked_by", "requests", ["asked_by_id", "state"], unique=False)
    op.create_index("ix_requests_organisation", "requests", ["organisation_id", "state"], unique=False)
    op.create_index("ix_requests_region", "requests", ["region_id", "state", "published_at"], unique=False)


def _create_request_moments() -> None:
    op.create_table(
        "request_moments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("ends", sa.String(length=5), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("end_s", sa.BigInteger(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.CheckConstraint("end_s > start_s", name=op.f("ck_request_moments_end_after_start")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_moments_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_moments")),
    )
    op.create_index("uq_request_moments_start", "request_moments", ["request_id", "start_s", "end_s"], unique=True)


def _create_request_revisions() -> None:
    op.create_table(
        "request_revisions",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_request_revisions_by_id_users")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_revisions_request_id_requests")),
        sa.PrimaryKeyConstraint("request_id", "revision", name=op.f("pk_request_revisions")),
    )


def _create_request_topics() -> None:
    op.create_table(
        "request_topics",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_topics_request_id_requests")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_request_topics_topic_id_topics")),
        sa.PrimaryKeyConstraint("request_id", "topic_id", name=op.f("pk_request_topics")),
    )
    op.create_index(op.f("ix_request_topics_topic_id"), "request_topics", ["topic_id"], unique=False)


def _create_suggestion_runs() -> None:
    op.create_table(
        "suggestion_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("request_revision", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("never", sa.JSON(), nullable=False),
        sa.Column("smallest_change", sa.JSON(), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id", "request_revision"],
            ["request_revisions.request_id", "request_revisions.revision"],
            name="fk_suggestion_runs_revision",
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_suggestion_runs_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_runs")),
    )
    op.create_index("ix_suggestion_runs_request", "suggestion_runs", ["request_id", "as_of"], unique=False)


def _create_suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("offer_revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("distance_km", sa.Double(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("against", sa.JSON(), nullable=False),
        sa.Column("moments", sa.JSON(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("ck_suggestions_position_from_one")),
        sa.ForeignKeyConstraint(
            ["offer_id", "offer_revision"],
            ["offer_revisions.offer_id", "offer_revisions.revision"],
            name="fk_suggestions_revision",
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_suggestions_offer_id_offers")),
        sa.ForeignKeyConstraint(["run_id"], ["suggestion_runs.id"], name=op.f("fk_suggestions_run_id_suggestion_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
    )
    op.create_index(op.f("ix_suggestions_offer_id"), "suggestions", ["offer_id"], unique=False)
    op.create_index("uq_suggestions_offer", "suggestions", ["run_id", "offer_id"], unique=True)
    op.create_index("uq_suggestions_position", "suggestions", ["run_id", "position"], unique=True)


def _create_request_ticks() -> None:
    op.create_table(
        "request_ticks",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("suggestion_id", sa.Integer(), nullable=True),
        sa.Column("ticked_by_id", sa.Integer(), nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skipped_reason", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_request_ticks_offer_id_offers")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_ticks_request_id_requests")),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestions.id"], name=op.f("fk_request_ticks_suggestion_id_suggestions")
        ),
        sa.ForeignKeyConstraint(["ticked_by_id"], ["users.id"], name=op.f("fk_request_ticks_ticked_by_id_users")),
        sa.PrimaryKeyConstraint("request_id", "offer_id", "wave", name=op.f("pk_request_ticks")),
    )
    op.create_index("uq_request_ticks_order", "request_ticks", ["request_id", "wave", "position"], unique=True)
