"""The doors that a simulated line can be run against, each with the PLC's side of its protocol."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from inspection.simulated_line.partner import Partner


class Output(StrEnum):
    """Which door tells the PLC."""

    HTTP = "http"

    def settings(self, port: int) -> Mapping[str, Any] | None:
        """The door's own settings; None: the API, which each station has."""
        return None

    def partner(self, port: int) -> Partner:
        """The PLC's side, on a port of this machine."""
        from inspection.simulated_line.http_partner import HttpPartner

        return HttpPartner(f"http://127.0.0.1:{port}")
