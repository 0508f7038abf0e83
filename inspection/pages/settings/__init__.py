"""Models, people, audit log."""
