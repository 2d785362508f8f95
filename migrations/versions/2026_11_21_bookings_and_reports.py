"""What hangs on a match: moments, consents, bookings that never overlap, reports, messages."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ["bookings", "consents", "hybrid_steps", "match_moments", "messages", "visit_reports"]
# The overlap of live bookings, as a box over integers: no extension needed.
OVERLAP_POSTGRES = [
    "ALTER TABLE bookings ADD CONSTRAINT ex_bookings_person EXCLUDE USING gist (box(point(party_id, start_s), point(party_id, end_s - 0.001)) WITH &&) WHERE (live AND party = 'person')",
    "ALTER TABLE bookings ADD CONSTRAINT ex_bookings_class EXCLUDE USING gist (box(point(party_id, start_s), point(party_id, end_s - 0.001)) WITH &&) WHERE (live AND party = 'class')",
    "ALTER TABLE bookings ADD CONSTRAINT ex_bookings_place EXCLUDE USING gist (box(point(party_id, start_s), point(party_id, end_s - 0.001)) WITH &&) WHERE (live AND party = 'place')",
]
OVERLAP_SQLITE = [
    "CREATE TRIGGER tr_bookings_insert BEFORE INSERT ON bookings WHEN NEW.live BEGIN SELECT RAISE(ABORT, 'booking_overlap') WHERE EXISTS (SELECT 1 FROM bookings b WHERE b.live AND b.party = NEW.party AND b.party_id = NEW.party_id AND b.id IS NOT NEW.id AND b.start_s < NEW.end_s AND b.end_s > NEW.start_s); END",
    "CREATE TRIGGER tr_bookings_update BEFORE UPDATE OF live, party, party_id, start_s, end_s ON bookings WHEN NEW.live BEGIN SELECT RAISE(ABORT, 'booking_overlap') WHERE EXISTS (SELECT 1 FROM bookings b WHERE b.live AND b.party = NEW.party AND b.party_id = NEW.party_id AND b.id IS NOT NEW.id AND b.start_s < NEW.end_s AND b.end_s > NEW.start_s); END",
]


def upgrade() -> None:
    _create_bookings()
    _create_consents()
    _create_hybrid_steps()
    _create_match_moments()
    _create_messages()
    _create_visit_reports()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in OVERLAP_SQLITE if sqlite else OVERLAP_POSTGRES:
        op.execute(sa.text(statement))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column(
            "party",
            sa.Enum("person", "class", "place", name="party", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("end_s", sa.BigInteger(), nullable=False),
        sa.Column("pad_before_s", sa.Integer(), nullable=False),
        sa.Column("pad_after_s", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint("end_s - start_s > pad_before_s + pad_after_s", name=op.f("ck_bookings_longer_than_pads")),
        sa.CheckConstraint("end_s > start_s", name=op.f("ck_bookings_end_after_start")),
        sa.CheckConstraint("pad_before_s >= 0 and pad_after_s >= 0", name=op.f("ck_bookings_pads_not_negative")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_bookings_match_id_matches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_match", "bookings", ["match_id"], unique=False)
    op.create_index("ix_bookings_party", "bookings", ["party", "party_id", "start_s"], unique=False)


def _create_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column(
            "party",
            sa.Enum(
                "school",
                "company",
                "employer",
                "coordinator",
                "system",
                name="party",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("given_by_id", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.CheckConstraint("(given_at is null) = (seq is null)", name=op.f("ck_consents_given_by_an_event")),
        sa.ForeignKeyConstraint(["given_by_id"], ["users.id"], name=op.f("fk_consents_given_by_id_users")),
        sa.ForeignKeyConstraint(
            ["match_id", "seq"], ["match_events.match_id", "match_events.seq"], name="fk_consents_event"
        ),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_consents_match_id_matches")),
        sa.PrimaryKeyConstraint("match_id", "party", name=op.f("pk_consents")),
    )


def _create_hybrid_steps() -> None:
    op.create_table(
        "hybrid_steps",
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "introduction",
                "trial_lesson",
                "offer_made",
                "started",
                "ended",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("linked_match_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_hybrid_steps_by_id_users")),
        sa.ForeignKeyConstraint(
            ["linked_match_id"], ["matches.id"], name=op.f("fk_hybrid_steps_linked_match_id_matches")
        ),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_hybrid_steps_match_id_matches")),
        sa.PrimaryKeyConstraint("match_id", "step", name=op.f("pk_hybrid_steps")),
    )


def _create_match_moments() -> None:
    op.create_table(
        "match_moments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("ends", sa.String(length=5), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("end_s", sa.BigInteger(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column(
            "suggested_by",
            sa.Enum(
                "school",
                "company",
                "employer",
                "coordinator",
                "system",
                name="suggested_by",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("end_s > start_s", name=op.f("ck_match_moments_end_after_start")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_match_moments_match_id_matches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_moments")),
    )
    op.create_index(
        "uq_match_moments_chosen",
        "match_moments",
        ["match_id"],
        unique=True,
        sqlite_where=sa.text("chosen"),
        postgresql_where=sa.text("chosen"),
    )
    op.create_index("uq_match_moments_start", "match_moments", ["match_id", "start_s", "end_s"], unique=True)


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
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
        sa.Column("body", sa.String(length=4000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_messages_author_id_users")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_messages_match_id_matches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_match", "messages", ["match_id", "at"], unique=False)


def _create_visit_reports() -> None:
    op.create_table(
        "visit_reports",
        sa.Column("match_id", sa.Integer(), nullable=False),
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
        sa.Column("happened", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("again", sa.Boolean(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("part", sa.Double(), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hours is null or hours between 0 and 2000", name=op.f("ck_visit_reports_hours_sensible")),
        sa.CheckConstraint(
            "pupils is null or pupils between 0 and 2000", name=op.f("ck_visit_reports_pupils_sensible")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_visit_reports_by_id_users")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_visit_reports_match_id_matches")),
        sa.PrimaryKeyConstraint("match_id", "side", name=op.f("pk_visit_reports")),
    )
