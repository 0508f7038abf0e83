"""Tiles on their way to a network."""
