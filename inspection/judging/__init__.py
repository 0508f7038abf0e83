"""What was measured to a verdict. Pure: no clock, no disk, no network."""
