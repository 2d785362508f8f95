"""Remembered columns of spreadsheets, "do not approach", and companies of a coordinator's list without KvK number."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BEFORE = "type <> 'company' or kvk is not null"
AFTER = "type <> 'company' or kvk is not null or source = 'spreadsheet'"


def upgrade() -> None:
    op.add_column("users", sa.Column("do_not_approach_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("organisations", sa.Column("do_not_approach_at", sa.DateTime(timezone=True), nullable=True))
    _change_check(BEFORE, AFTER)
    op.create_table(
        "import_mappings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("people", "offers", "visits", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_import_mappings_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mappings")),
    )
    op.create_index("uq_import_mappings_shape", "import_mappings", ["user_id", "kind", "shape"], unique=True)


def downgrade() -> None:
    op.drop_table("import_mappings")
    op.execute("DELETE FROM organisations WHERE type = 'company' AND kvk IS NULL")
    _change_check(AFTER, BEFORE)
    op.drop_column("organisations", "do_not_approach_at")
    op.drop_column("users", "do_not_approach_at")


def _change_check(before: str, after: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(before, after)
        return
    name = op.f("ck_organisations_company_has_kvk")
    op.drop_constraint(name, "organisations", type_="check")
    op.create_check_constraint(name, "organisations", after)


def _rebuild(before: str, after: str) -> None:
    """SQLite cannot change a check. The batch mode of Alembic would lose the other checks, so the table is rebuilt from
    its own text; keys that point at it are off during an upgrade and checked after it."""
    connection = op.get_bind()
    parts = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = 'organisations' AND sql IS NOT NULL"
    ).all()
    made = next(sql for kind, sql in parts if kind == "table")
    if made.count(f"({before})") + made.count(f"( {before} )") != 1:
        raise RuntimeError("the check of organisations is not where it was")
    columns = [f'"{row[1]}"' for row in connection.exec_driver_sql("PRAGMA table_info(organisations)")]
    head, bracket, body = made.partition("(")
    connection.exec_driver_sql(
        head.replace("organisations", "organisations_new") + bracket + body.replace(before, after)
    )
    listed = ", ".join(columns)  # the database's own names of its columns
    connection.exec_driver_sql(f"INSERT INTO organisations_new ({listed}) SELECT {listed} FROM organisations")  # noqa: S608
    connection.exec_driver_sql("DROP TABLE organisations")
    connection.exec_driver_sql("ALTER TABLE organisations_new RENAME TO organisations")
    for kind, sql in parts:
        if kind != "table":
            connection.exec_driver_sql(sql)
