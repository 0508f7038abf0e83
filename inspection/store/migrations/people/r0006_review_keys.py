"""Keys of the review page, by recipe; names to log in with, apart from how people write them."""

import sqlalchemy as sa
from alembic import op

revision = "p0006"
down_revision = "p0005"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "review_keys",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("recipe", sa.String(length=128), nullable=False, comment="its name, whatever the version"),
        sa.Column("kinds", sa.JSON(), nullable=False, comment="of the keys 1 to 9, a catalogue code or null each"),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_keys")),
    )
    op.create_index(op.f("ix_review_keys_recipe_id"), "review_keys", ["recipe", "id"], unique=False)
    op.add_column("users", sa.Column("login", sa.String(length=64), nullable=True, comment="the name, folded"))
    op.execute("UPDATE users SET login = name")  # an earlier program took names in lower case only
    op.create_index(op.f("ix_users_login"), "users", ["login"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_users_login"), table_name="users")
    op.drop_column("users", "login")
    op.drop_index(op.f("ix_review_keys_recipe_id"), table_name="review_keys")
    op.drop_table("review_keys")
