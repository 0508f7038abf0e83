"""The archive: search, export, data sets."""
