"""What a person has chosen lives in the address, so that reloading, sharing and going back keep it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from nicegui import ui


def keep_in_address(path: str, words: Mapping[str, str]) -> None:
    """Show the choice in the browser's address, without loading anything."""
    ui.navigate.history.replace(f"{path}?{urlencode(words)}" if words else path)
