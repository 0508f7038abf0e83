"""Pieces that several cameras see: what they are cut to, the frames of all views, what each camera saw of a defect; and
saved frames that belong to frames, for a frame may show several pieces.

Decisions that are there keep what they say: blocks over the whole width, each about one frame, which nobody counted.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FRAME = ("station_run_id", "camera", "run", "number")
_BY_FRAME = "uq_decisions_station_run_id_camera_run_number"
_BY_PIECE = "uq_decisions_station_run_id_piece_number_lane"
_ONE_FOR_A_FRAME = sa.text("cut <> 'sheet'")
_KEPT = sa.text("deleted_utc IS NULL")
_DECISIONS = sa.table("decisions", *(sa.column(name) for name in ("sequence", "piece_number", *_FRAME)))
_SAVED = sa.table("saved_frames", *(sa.column(name) for name in ("sequence", "deleted_utc", *_FRAME)))


def upgrade() -> None:
    _count_pieces()
    op.add_column(
        "reasons",
        sa.Column("view", sa.String(length=32), nullable=True, comment="that it is about; null: all, or the only one"),
    )
    op.add_column(
        "defects",
        sa.Column(
            "cleared_by",
            sa.String(length=32),
            nullable=True,
            comment="view that saw nothing at its place; null: it counts",
        ),
    )
    _tell_views()
    _save_by_frame()


def downgrade() -> None:
    _save_by_decision()
    op.drop_table("sightings")
    op.drop_table("view_frames")
    op.drop_column("defects", "cleared_by")
    op.drop_column("reasons", "view")
    op.drop_index("uq_decisions_frame", table_name="decisions")
    op.drop_index(op.f("ix_decisions_station_run_id_camera_run_number"), table_name="decisions")
    with op.batch_alter_table("decisions") as table:
        table.drop_constraint(op.f(_BY_PIECE), type_="unique")
        table.create_unique_constraint(op.f(_BY_FRAME), list(_FRAME))
        for column in ("piece_number", "lane", "cut"):
            table.drop_column(column)


def _count_pieces() -> None:
    op.add_column(
        "decisions",
        sa.Column("cut", sa.String(length=16), server_default="block", nullable=False, comment="block, lane or sheet"),
    )
    op.add_column(
        "decisions",
        sa.Column(
            "lane", sa.Integer(), server_default="0", nullable=False, comment="that it is about; 0: the whole width"
        ),
    )
    op.add_column("decisions", sa.Column("piece_number", sa.BigInteger(), nullable=True))
    op.execute(_DECISIONS.update().values(piece_number=-_DECISIONS.c.sequence))
    with op.batch_alter_table("decisions") as table:
        table.alter_column(
            "piece_number",
            existing_type=sa.BigInteger(),
            nullable=False,
            comment="counts the station run's pieces from 1; -sequence: nobody counted it",
        )
        table.drop_constraint(op.f(_BY_FRAME), type_="unique")
        table.create_unique_constraint(op.f(_BY_PIECE), ["station_run_id", "piece_number", "lane"])
    op.create_index(op.f("ix_decisions_station_run_id_camera_run_number"), "decisions", list(_FRAME), unique=False)
    op.create_index(
        "uq_decisions_frame",
        "decisions",
        [*_FRAME, "lane"],
        unique=True,
        sqlite_where=_ONE_FOR_A_FRAME,
        postgresql_where=_ONE_FOR_A_FRAME,
    )


def _tell_views() -> None:
    op.create_table(
        "view_frames",
        sa.Column("sequence", _KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(length=32), nullable=False, comment="the recipe's name for it"),
        *_frame(),
        sa.Column("fate", sa.String(length=16), nullable=False, comment="seen, not_judged or lost"),
        sa.Column("start_mm", sa.Float(), nullable=True),
        sa.Column("length_mm", sa.Float(), nullable=True),
        sa.Column("model_id", sa.Integer(), nullable=True, comment="that looked at it; null: none did"),
        sa.ForeignKeyConstraint(["model_id"], ["artefacts.id"], name=op.f("fk_view_frames_model_id")),
        sa.ForeignKeyConstraint(["sequence"], ["decisions.sequence"], name=op.f("fk_view_frames_sequence")),
        sa.PrimaryKeyConstraint("sequence", "position", name=op.f("pk_view_frames")),
    )
    op.create_index(op.f("ix_view_frames_camera_run_number"), "view_frames", ["camera", "run", "number"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("sequence", _KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="the defect's"),
        sa.Column("place", sa.Integer(), nullable=False, comment="0: the defect's sizes are of this one"),
        sa.Column("view", sa.String(length=32), nullable=False, comment="the recipe's name for it"),
        *_frame(),
        sa.Column("scores", sa.JSON(), nullable=False, comment="by kind of the view's model"),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("severity", sa.String(length=2), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        *(sa.Column(f"box_{side}", sa.Integer(), nullable=False) for side in ("left", "top", "right", "bottom")),
        sa.Column("mask_png", sa.LargeBinary(), nullable=True, comment="bilevel PNG, white on the object"),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("length_mm", "width_mm", "area_mm2")),
        sa.Column("diameter_mm", sa.Float(), nullable=False, comment="of the circle of the same area"),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("contrast_percent", "snr", "md_mm", "cd_mm")),
        sa.Column("lane", sa.Integer(), nullable=True),
        *(
            sa.Column(name, sa.Boolean(), nullable=False)
            for name in ("reaches_leading_edge", "reaches_trailing_edge", "continued")
        ),
        sa.ForeignKeyConstraint(["sequence"], ["decisions.sequence"], name=op.f("fk_sightings_sequence")),
        sa.PrimaryKeyConstraint("sequence", "position", "place", name=op.f("pk_sightings")),
    )


def _frame(*, nullable: bool = False) -> Sequence[sa.Column[Any]]:
    return (
        sa.Column("camera", sa.String(length=32), nullable=nullable),
        sa.Column("run", sa.Integer(), nullable=nullable, comment="counts the camera's starts within the station run"),
        sa.Column("number", sa.BigInteger(), nullable=nullable, comment="the camera's frame counter"),
    )


def _save_by_frame() -> None:
    for column in (sa.Column("station_run_id", sa.Integer(), nullable=True), *_frame(nullable=True)):
        op.add_column("saved_frames", column)
    d, s = _DECISIONS.c, _SAVED.c
    op.execute(
        _SAVED.update().values(
            {name: sa.select(d[name]).where(d.sequence == s.sequence).scalar_subquery() for name in _FRAME}
        )
    )
    # Of no decision that is there: no program of ours wrote these, and nobody could find them. Their files stay.
    op.execute(_SAVED.delete().where(s.station_run_id.is_(None)))
    op.drop_index("ix_saved_frames_kept", table_name="saved_frames")
    with op.batch_alter_table("saved_frames") as table:
        table.drop_constraint(op.f("pk_saved_frames"), type_="primary")
        table.drop_column("sequence")
        for name in _FRAME:
            table.alter_column(name, nullable=False)
        table.create_primary_key(op.f("pk_saved_frames"), list(_FRAME))
        table.create_foreign_key(op.f("fk_saved_frames_station_run_id"), "station_runs", ["station_run_id"], ["id"])
        table.alter_column(
            "verdict", existing_type=sa.String(length=16), comment="the gravest of the decisions about it"
        )
    _index_kept()


def _save_by_decision() -> None:
    """Frames of other views have no place there: their files stay, without an index."""
    op.add_column("saved_frames", sa.Column("sequence", _KEY, nullable=True))
    d, s = _DECISIONS.c, _SAVED.c
    first = sa.select(sa.func.min(d.sequence)).where(*(d[name] == s[name] for name in _FRAME)).scalar_subquery()
    op.execute(_SAVED.update().values(sequence=first))
    op.execute(_SAVED.delete().where(s.sequence.is_(None)))
    op.drop_index("ix_saved_frames_kept", table_name="saved_frames")
    with op.batch_alter_table("saved_frames") as table:
        table.drop_constraint(op.f("pk_saved_frames"), type_="primary")
        table.alter_column("sequence", nullable=False)
        for name in _FRAME:
            table.drop_column(name)
        table.create_primary_key(op.f("pk_saved_frames"), ["sequence"])
        table.create_foreign_key(op.f("fk_saved_frames_sequence"), "decisions", ["sequence"], ["sequence"])
    _index_kept()


def _index_kept() -> None:
    op.create_index(
        "ix_saved_frames_kept",
        "saved_frames",
        ["verdict", "saved_at_s"],
        unique=False,
        sqlite_where=_KEPT,
        postgresql_where=_KEPT,
    )
