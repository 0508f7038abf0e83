"""A longer search for what goes wrong: `pytest tests/scenarios --hypothesis-profile=long`."""

from hypothesis import settings

settings.register_profile("long", max_examples=5000, deadline=None, print_blob=True)
settings.register_profile("repeatable", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("repeatable")
