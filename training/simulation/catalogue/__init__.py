"""The picture book: every kind of the simulated web on one page, for people to judge."""

from training.simulation.catalogue.book import write_catalogue

__all__ = ["write_catalogue"]
