"""Doors for machines: a process for each, what it hears of the station, and what it may ask of it."""
