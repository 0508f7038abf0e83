"""Frames in, decisions out. Read `inspection.pipeline` first."""
