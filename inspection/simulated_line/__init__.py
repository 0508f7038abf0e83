"""A line to test doors on: conveyor, encoder, sheet sensor, gate, and a PLC's program with its watchdog."""
