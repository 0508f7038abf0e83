"""Frames from image files: a folder shown again, or images that another system drops."""
