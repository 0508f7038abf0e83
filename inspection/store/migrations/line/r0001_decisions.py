"""Decisions, reasons, defects, dimensions, acknowledgements, saved frames."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("is_up_to", sa.Boolean(), nullable=False, comment="acknowledged as `up to`, not one by one"),
        sa.Column("acknowledged_by", sa.String(length=128), nullable=False),
        sa.Column("acknowledged_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgements")),
    )
    op.create_index(
        op.f("ix_acknowledgements_first_sequence_last_sequence"),
        "acknowledgements",
        ["first_sequence", "last_sequence"],
        unique=False,
    )
    op.create_table(
        "artefacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False, comment="recipe or model"),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artefacts")),
        sa.UniqueConstraint("role", "name", "version", "sha256", name=op.f("uq_artefacts_role_name_version_sha256")),
    )
    op.create_table(
        "station_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("station", sa.String(length=128), nullable=False),
        sa.Column("program_version", sa.String(length=64), nullable=False),
        sa.Column("started_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipe_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["artefacts.id"], name=op.f("fk_station_runs_model_id")),
        sa.ForeignKeyConstraint(["recipe_id"], ["artefacts.id"], name=op.f("fk_station_runs_recipe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_runs")),
    )
    op.create_table(
        "decisions",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("station_run_id", sa.Integer(), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False, comment="counts the camera's starts within the station run"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="the camera's frame counter"),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=2), nullable=True, comment="gravest among the reasons' defects"),
        sa.Column("start_mm", sa.Float(), nullable=True),
        sa.Column("length_mm", sa.Float(), nullable=True),
        sa.Column("trigger_id", sa.String(length=128), nullable=True),
        sa.Column("piece_id", sa.String(length=128), nullable=True),
        sa.Column("captured_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.Column("deadline_met", sa.Boolean(), nullable=False),
        sa.Column("recipe_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("stage_ms", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["artefacts.id"], name=op.f("fk_decisions_model_id")),
        sa.ForeignKeyConstraint(["recipe_id"], ["artefacts.id"], name=op.f("fk_decisions_recipe_id")),
        sa.ForeignKeyConstraint(["station_run_id"], ["station_runs.id"], name=op.f("fk_decisions_station_run_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "station_run_id", "camera", "run", "number", name=op.f("uq_decisions_station_run_id_camera_run_number")
        ),
    )
    op.create_index(op.f("ix_decisions_decided_utc"), "decisions", ["decided_utc"], unique=False)
    op.create_index(op.f("ix_decisions_piece_id"), "decisions", ["piece_id"], unique=False)
    op.create_index(op.f("ix_decisions_trigger_id"), "decisions", ["trigger_id"], unique=False)
    op.create_index(op.f("ix_decisions_verdict_sequence"), "decisions", ["verdict", "sequence"], unique=False)
    op.create_table(
        "defects",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("severity", sa.String(length=2), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("box_left", sa.Integer(), nullable=False),
        sa.Column("box_top", sa.Integer(), nullable=False),
        sa.Column("box_right", sa.Integer(), nullable=False),
        sa.Column("box_bottom", sa.Integer(), nullable=False),
        sa.Column("mask_png", sa.LargeBinary(), nullable=True, comment="bilevel PNG, white on the object"),
        sa.Column("length_mm", sa.Float(), nullable=False),
        sa.Column("width_mm", sa.Float(), nullable=False),
        sa.Column("area_mm2", sa.Float(), nullable=False),
        sa.Column("diameter_mm", sa.Float(), nullable=False, comment="of the circle of the same area"),
        sa.Column("contrast_percent", sa.Float(), nullable=False),
        sa.Column("snr", sa.Float(), nullable=False),
        sa.Column("md_mm", sa.Float(), nullable=False),
        sa.Column("cd_mm", sa.Float(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=True),
        sa.Column("reaches_leading_edge", sa.Boolean(), nullable=False),
        sa.Column("reaches_trailing_edge", sa.Boolean(), nullable=False),
        sa.Column("continued", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["decisions.sequence"], name=op.f("fk_defects_sequence")),
        sa.PrimaryKeyConstraint("sequence", "position", name=op.f("pk_defects")),
    )
    op.create_index(op.f("ix_defects_kind_sequence"), "defects", ["kind", "sequence"], unique=False)
    op.create_table(
        "dimensions",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("value_mm", sa.Float(), nullable=False),
        sa.Column("uncertainty_mm", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["decisions.sequence"], name=op.f("fk_dimensions_sequence")),
        sa.PrimaryKeyConstraint("sequence", "position", name=op.f("pk_dimensions")),
    )
    op.create_index(op.f("ix_dimensions_code"), "dimensions", ["code"], unique=False)
    op.create_table(
        "reasons",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=True),
        sa.Column("measured", sa.Float(), nullable=True),
        sa.Column("limit", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["sequence"], ["decisions.sequence"], name=op.f("fk_reasons_sequence")),
        sa.PrimaryKeyConstraint("sequence", "position", name=op.f("pk_reasons")),
    )
    op.create_index(op.f("ix_reasons_rule"), "reasons", ["rule"], unique=False)
    op.create_table(
        "saved_frames",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="below the frames folder"),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("bit_depth", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("saved_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_utc", sa.DateTime(timezone=True), nullable=True, comment="when retention removed the file"),
        sa.ForeignKeyConstraint(["sequence"], ["decisions.sequence"], name=op.f("fk_saved_frames_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_saved_frames")),
    )
    op.create_index(op.f("ix_saved_frames_verdict_saved_utc"), "saved_frames", ["verdict", "saved_utc"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_saved_frames_verdict_saved_utc"), table_name="saved_frames")
    op.drop_table("saved_frames")
    op.drop_index(op.f("ix_reasons_rule"), table_name="reasons")
    op.drop_table("reasons")
    op.drop_index(op.f("ix_dimensions_code"), table_name="dimensions")
    op.drop_table("dimensions")
    op.drop_index(op.f("ix_defects_kind_sequence"), table_name="defects")
    op.drop_table("defects")
    op.drop_index(op.f("ix_decisions_verdict_sequence"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_trigger_id"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_piece_id"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_decided_utc"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("station_runs")
    op.drop_table("artefacts")
    op.drop_index(op.f("ix_acknowledgements_first_sequence_last_sequence"), table_name="acknowledgements")
    op.drop_table("acknowledgements")
