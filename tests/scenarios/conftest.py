"""A longer search for what goes wrong: `pytest tests/scenarios --hypothesis-profile=long`."""

from hypothesis import settings

settings.register_profile("long", max_examples=3000, deadline=None, print_blob=True)
