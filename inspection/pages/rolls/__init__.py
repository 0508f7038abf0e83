"""Rolls: map, certificate, files."""
