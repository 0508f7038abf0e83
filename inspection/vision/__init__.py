"""One frame to measured objects. Pure: no clock, no disk, no network."""
