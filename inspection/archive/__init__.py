"""Decisions found again, and frozen as data sets."""
