"""Steps of a hybrid placement with who, when and what was taken back; nothing wrote to the first shape of this table."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STEPS = ("introduction", "trial_lesson", "offer_made", "started", "ended")
SIDES = ("school", "company", "employer", "coordinator", "system")


def upgrade() -> None:
    op.drop_table("hybrid_steps")
    op.create_table(
        "hybrid_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        *_common(),
        sa.Column("cut", sa.JSON(), nullable=False),
        sa.Column("side", _enum("side", SIDES), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("hours is null or hours between 0 and 60", name=op.f("ck_hybrid_steps_hours_sensible")),
        sa.ForeignKeyConstraint(
            ["taken_back_by_id"], ["users.id"], name=op.f("fk_hybrid_steps_taken_back_by_id_users")
        ),
        *_keys(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hybrid_steps")),
    )
    op.create_index(op.f("ix_hybrid_steps_match_id"), "hybrid_steps", ["match_id"])
    op.create_index(
        "uq_hybrid_steps_standing",
        "hybrid_steps",
        ["match_id", "step"],
        unique=True,
        sqlite_where=sa.text("taken_back_at is null"),
        postgresql_where=sa.text("taken_back_at is null"),
    )


def downgrade() -> None:
    op.drop_table("hybrid_steps")
    op.create_table(
        "hybrid_steps",
        *_common(),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_keys(),
        sa.PrimaryKeyConstraint("match_id", "step", name=op.f("pk_hybrid_steps")),
    )


def _common() -> list[sa.Column]:
    return [
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("step", _enum("step", STEPS), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("linked_match_id", sa.Integer(), nullable=True),
    ]


def _keys() -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_hybrid_steps_by_id_users")),
        sa.ForeignKeyConstraint(
            ["linked_match_id"], ["matches.id"], name=op.f("fk_hybrid_steps_linked_match_id_matches")
        ),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_hybrid_steps_match_id_matches")),
    ]


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
