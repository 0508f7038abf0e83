"""Doors to the line and cameras: how each is doing, and a test of the way that leads through it."""
