"""Passwords of people who only have to be there: their hashes cost no time, neither here nor where they log in."""

from inspection.people.passwords import HashCost, Hashing
from inspection.people.registry import People
from inspection.store.database import Database

QUICK = HashCost(passes=1, memory_kib=8, lanes=1)


def quick_people(database: Database) -> People:
    """People whose passwords are cheap to make and, wherever the hash is read, to try."""
    return People(database, hashing=Hashing(QUICK))
