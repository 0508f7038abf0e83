"""Reviews, cases, claims, saved searches."""

import sqlalchemy as sa
from alembic import op

revision = "p0002"
down_revision = "p0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("number", _KEY, nullable=False),
        sa.Column("sequence", _KEY, nullable=False),
        sa.Column("reading", sa.Integer(), nullable=False, comment="1 first, 2 second and blind, 3 settles a dispute"),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("reviewed_utc", _UTC, nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True, comment="null: takes back another entry"),
        sa.Column("kind", sa.String(length=8), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("looked_s", sa.Float(), nullable=True),
        sa.Column("takes_back", _KEY, nullable=True),
        sa.ForeignKeyConstraint(["takes_back"], ["reviews.number"], name=op.f("fk_reviews_takes_back")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_sequence_number"), "reviews", ["sequence", "number"], unique=False)
    op.create_index(op.f("ix_reviews_person_number"), "reviews", ["person", "number"], unique=False)
    op.create_index(op.f("ix_reviews_takes_back"), "reviews", ["takes_back"], unique=False)
    op.create_table(
        "review_cases",
        sa.Column("sequence", _KEY, nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("risk", sa.Integer(), nullable=False),
        sa.Column("is_double", sa.Boolean(), nullable=False, comment="drawn for a second, blind reader"),
        sa.Column("first_answer", sa.String(length=16), nullable=True),
        sa.Column("first_person", sa.String(length=64), nullable=True),
        sa.Column("second_answer", sa.String(length=16), nullable=True),
        sa.Column("second_person", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True, comment="what counts: an answer or disputed"),
        sa.Column("review_number", _KEY, nullable=True, comment="whose kind and corrections count"),
        sa.ForeignKeyConstraint(["review_number"], ["reviews.number"], name=op.f("fk_review_cases_review_number")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_review_cases")),
    )
    for columns in (
        ["first_answer", "risk", "sequence"],
        ["is_double", "second_answer", "sequence"],
        ["outcome", "sequence"],
        ["risk", "verdict", "outcome", "sequence"],
    ):
        op.create_index(op.f(f"ix_review_cases_{'_'.join(columns)}"), "review_cases", columns, unique=False)
    op.create_table(
        "review_claims",
        sa.Column("sequence", _KEY, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("until_utc", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_review_claims")),
    )
    op.create_index(op.f("ix_review_claims_person"), "review_claims", ["person"], unique=False)
    op.create_table(
        "saved_searches",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("query", sa.JSON(), nullable=True, comment="null: the search of this name was removed"),
        sa.Column("saved_by", sa.String(length=64), nullable=False),
        sa.Column("saved_utc", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index(op.f("ix_saved_searches_name_id"), "saved_searches", ["name", "id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER reviews_refuse_{change.lower()} BEFORE {change} ON reviews "
                "BEGIN SELECT RAISE(ABORT, 'reviews are only ever added to'); END"
            )


def downgrade() -> None:
    for table in ("saved_searches", "review_claims", "review_cases", "reviews"):
        op.drop_table(table)
