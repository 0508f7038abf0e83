"""Which pages are written, and by what."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from scripts.reference.api_page import api_page
from scripts.reference.commands_page import commands_page
from scripts.reference.figures_page import figures_page
from scripts.reference.keys_pages import recipe_page, settings_page
from scripts.reference.metrics_page import metrics_page
from scripts.reference.mqtt_page import mqtt_page, mqtt_schema
from scripts.reference.opcua_page import opcua_page
from scripts.reference.reason_codes_page import reason_codes_page
from scripts.reference.registers_page import registers_page
from scripts.reference.rules_page import rules_page

PROJECT = Path(__file__).resolve().parents[2]
REFERENCE = PROJECT / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "settings.md": settings_page,
        "recipe.md": recipe_page,
        "rules.md": rules_page,
        "reason-codes.md": reason_codes_page,
        "metrics.md": metrics_page,
        "opcua.md": opcua_page,
        "api.md": api_page,
        "commands.md": commands_page,
        "mqtt.md": mqtt_page,
        "modbus-registers.md": registers_page,
        "figures.md": lambda: figures_page(PROJECT / "models"),
    }
)
"""By file name in docs/reference."""

SCHEMAS: Mapping[str, Callable[[], str]] = MappingProxyType({"mqtt.schema.json": mqtt_schema})
"""Beside the pages, for programs."""
