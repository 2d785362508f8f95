"""Matches and their chain of events."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ["allowed_transitions", "match_events", "matches"]
APPEND_ONLY = ["allowed_transitions", "match_events"]
TRANSITIONS = [
    ("accepted", "approve", "approved"),
    ("accepted", "expire", "expired"),
    ("accepted", "reject", "rejected"),
    ("accepted", "undo", "proposed"),
    ("accepted", "withdraw", "withdrawn"),
    ("approved", "ask_move", "approved"),
    ("approved", "cancel", "cancelled"),
    ("approved", "change_visitor", "accepted"),
    ("approved", "change_visitor", "approved"),
    ("approved", "lapse", "accepted"),
    ("approved", "move", "accepted"),
    ("approved", "move", "approved"),
    ("approved", "report_held", "held"),
    ("approved", "report_missed", "missed"),
    ("approved", "undo", "accepted"),
    ("declined", "undo", "proposed"),
    ("proposed", "accept", "accepted"),
    ("proposed", "accept", "proposed"),
    ("proposed", "decline", "declined"),
    ("proposed", "expire", "expired"),
    ("proposed", "hand_over", "declined"),
    ("proposed", "suggest_moment", "proposed"),
    ("proposed", "supersede", "superseded"),
    ("proposed", "undo", "proposed"),
    ("proposed", "withdraw", "withdrawn"),
    ("rejected", "undo", "accepted"),
]


def upgrade() -> None:
    _create_allowed_transitions()
    _create_match_events()
    _create_matches()
    op.bulk_insert(
        sa.table("allowed_transitions", sa.column("from_state"), sa.column("action"), sa.column("to_state")),
        [{"from_state": f, "action": a, "to_state": t} for f, a, t in TRANSITIONS],
    )
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


def _create_allowed_transitions() -> None:
    op.create_table(
        "allowed_transitions",
        sa.Column("from_state", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("to_state", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("from_state", "action", "to_state", name=op.f("pk_allowed_transitions")),
    )


def _create_match_events() -> None:
    op.create_table(
        "match_events",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prev_seq", sa.Integer(), nullable=True),
        sa.Column("from_state", sa.String(length=40), nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "propose",
                "suggest_moment",
                "accept",
                "decline",
                "hand_over",
                "expire",
                "supersede",
                "withdraw",
                "approve",
                "reject",
                "ask_move",
                "move",
                "change_visitor",
                "lapse",
                "cancel",
                "report_held",
                "report_missed",
                "undo",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("to_state", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("on_behalf_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "school",
                "company",
                "employer",
                "coordinator",
                "system",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role = 'system' or actor_id is not null", name=op.f("ck_match_events_somebody_did_it")),
        sa.CheckConstraint(
            "seq > 1 or (action = 'propose' and to_state = 'proposed')", name=op.f("ck_match_events_born_proposed")
        ),
        sa.CheckConstraint("(seq = 1) = (from_state is null)", name=op.f("ck_match_events_first_has_no_from")),
        sa.CheckConstraint("(seq = 1) = (prev_seq is null)", name=op.f("ck_match_events_first_has_no_previous")),
        sa.CheckConstraint("prev_seq is null or prev_seq = seq - 1", name=op.f("ck_match_events_previous_is_one_less")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_match_events_seq_positive")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_match_events_actor_id_users")),
        sa.ForeignKeyConstraint(
            ["from_state", "action", "to_state"],
            ["allowed_transitions.from_state", "allowed_transitions.action", "allowed_transitions.to_state"],
            name="fk_match_events_transition",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "prev_seq", "from_state"],
            ["match_events.match_id", "match_events.seq", "match_events.to_state"],
            name="fk_match_events_chain",
        ),
        sa.ForeignKeyConstraint(["on_behalf_by_id"], ["users.id"], name=op.f("fk_match_events_on_behalf_by_id_users")),
        sa.PrimaryKeyConstraint("match_id", "seq", name=op.f("pk_match_events")),
        sa.UniqueConstraint("match_id", "seq", "to_state", name="uq_match_events_link"),
    )
    op.create_index("ix_match_events_at", "match_events", ["at"], unique=False)


def _create_matches() -> None:
    op.create_table(
        "matches",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
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
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("request_revision", sa.Integer(), nullable=False),
        sa.Column("offer_revision", sa.Integer(), nullable=False),
        sa.Column("professional_id", sa.Integer(), nullable=True),
        sa.Column("visitor_id", sa.Integer(), nullable=True),
        sa.Column("name_follows", sa.Boolean(), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=True),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "side",
            sa.Enum(
                "school",
                "company",
                "employer",
                "coordinator",
                "system",
                name="side",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on_behalf_by_id", sa.Integer(), nullable=True),
        sa.Column("suggestion_id", sa.Integer(), nullable=True),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "accepted",
                "approved",
                "held",
                "missed",
                "declined",
                "expired",
                "withdrawn",
                "rejected",
                "cancelled",
                "superseded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("place_no", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_rule", sa.String(length=60), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keep_in_mind", sa.Boolean(), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state in ('approved','held','missed') and (approved_by_id is null) <> (approved_rule is null) and approved_at is not null) or state not in ('approved','held','missed')",
            name=op.f("ck_matches_approved_by_exactly_one"),
        ),
        sa.CheckConstraint(
            "approved_by_id is null or ((visitor_id is null or approved_by_id <> visitor_id) and (professional_id is null or approved_by_id <> professional_id) and (teacher_id is null or approved_by_id <> teacher_id) and (side = 'coordinator' or proposed_by_id is null or approved_by_id <> proposed_by_id))",
            name=op.f("ck_matches_approver_is_no_party"),
        ),
        sa.CheckConstraint(
            "not (state in ('accepted','approved','held')) or place_no is not null",
            name=op.f("ck_matches_taken_place_has_number"),
        ),
        sa.CheckConstraint(
            "state not in ('approved','held') or visitor_id is not null or kind <> 'guest_lecture' or name_follows",
            name=op.f("ck_matches_visitor_is_named"),
        ),
        sa.CheckConstraint("place_no is null or place_no between 1 and 60", name=op.f("ck_matches_place_sensible")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["users.id"], name=op.f("fk_matches_approved_by_id_users")),
        sa.ForeignKeyConstraint(
            ["id", "seq", "state"],
            ["match_events.match_id", "match_events.seq", "match_events.to_state"],
            name="fk_matches_last_event",
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_matches_offer_id_offers")),
        sa.ForeignKeyConstraint(["on_behalf_by_id"], ["users.id"], name=op.f("fk_matches_on_behalf_by_id_users")),
        sa.ForeignKeyConstraint(["professional_id"], ["users.id"], name=op.f("fk_matches_professional_id_users")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_matches_proposed_by_id_users")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_matches_region_id_regions")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_matches_request_id_requests")),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestions.id"], name=op.f("fk_matches_suggestion_id_suggestions")
        ),
        sa.ForeignKeyConstraint(["teacher_id"], ["users.id"], name=op.f("fk_matches_teacher_id_users")),
        sa.ForeignKeyConstraint(["visitor_id"], ["users.id"], name=op.f("fk_matches_visitor_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
    )
    op.create_index("ix_matches_expiry", "matches", ["state", "expires_at"], unique=False)
    op.create_index("ix_matches_offer", "matches", ["offer_id", "state"], unique=False)
    op.create_index("ix_matches_professional", "matches", ["professional_id", "state"], unique=False)
    op.create_index("ix_matches_region", "matches", ["region_id", "state"], unique=False)
    op.create_index("ix_matches_request", "matches", ["request_id", "state"], unique=False)
    op.create_index(op.f("ix_matches_suggestion_id"), "matches", ["suggestion_id"], unique=False)
    op.create_index(
        "uq_matches_live_offer",
        "matches",
        ["request_id", "offer_id"],
        unique=True,
        sqlite_where=sa.text("state in ('proposed','accepted','approved')"),
        postgresql_where=sa.text("state in ('proposed','accepted','approved')"),
    )
    op.create_index(
        "uq_matches_live_professional",
        "matches",
        ["request_id", "professional_id"],
        unique=True,
        sqlite_where=sa.text("state in ('proposed','accepted','approved') and kind <> 'teacher_internship'"),
        postgresql_where=sa.text("state in ('proposed','accepted','approved') and kind <> 'teacher_internship'"),
    )
    op.create_index(
        "uq_matches_place",
        "matches",
        ["request_id", "place_no"],
        unique=True,
        sqlite_where=sa.text("state in ('accepted','approved','held')"),
        postgresql_where=sa.text("state in ('accepted','approved','held')"),
    )
