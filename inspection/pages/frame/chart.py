"""A chart that the browser draws once."""

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.events import EChartPointClickEventArguments


class Chart(ui.echart):
    """ECharts with options.

    NiceGUI's own is drawn when it is there, and at once a second time, because it is among what the server has
    changed: with thousands of points that takes as long again.
    """

    def __init__(
        self, options: dict[str, Any], on_point_click: Callable[[EChartPointClickEventArguments], Any] | None = None
    ) -> None:
        super().__init__(options, on_point_click=on_point_click)
        self._update_method = None

    def redraw(self, options: dict[str, Any]) -> None:
        """Show something else; what is zoomed stays so."""
        self._update_method = "update_chart"
        self.options.clear()
        self.options.update(options)
        self.update()
