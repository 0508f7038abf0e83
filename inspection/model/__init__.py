"""A model on disk, its card and history, and what runs it: pixels to scores."""
