"""Thresholds, export, names, promotion."""
