"""How a browser knows by itself that what it shows is no longer true.

A page whose server is killed or frozen, or whose connection swallows everything, hears nothing: nobody can tell it
that it is old. So the browser asks once a second, over the connection that also brings what is shown, and measures with
its own clock when it last asked a question that was answered: `static/heartbeat.js`. After `SILENT_MS` it greys the
page, takes what can be pressed out of reach and says since when there is no news, and it takes that back by itself.
The answer carries how long ago the station was last heard, by what this page has drawn: a page that is answered but no
longer drawn, or a poller that hangs, is silent as well.
"""

import time

from nicegui import ui
from nicegui.events import GenericEventArguments

from inspection.pages.frame.static_files import add_script
from inspection.pages.frame.visit import Visit

SILENT_MS = 3_000
"""From the last question that was answered until the page is called old."""
STATION_SILENT_MS = 6_000
"""From the station's last word until the page is called old, if nothing on it says so: a poll takes 1 s, a station that
does not answer 2 s, drawing 0.5 s, and the next answer comes within 1 s."""


def watch_heartbeat(visit: Visit, *, works_alone: bool) -> None:
    """Answer the browser's questions, and give it the words for when there is no answer."""
    texts = visit.texts.frame
    add_script("heartbeat.js")
    words = f'data-since="{texts.silent_since}" data-page="{texts.silent_page}" data-station="{texts.silent_station}"'
    limits = f"data-silent-ms={SILENT_MS} data-station-silent-ms={STATION_SILENT_MS}"
    banner = ui.element("div").classes("silence").props(f"id=silence role=alert {words} {limits}")
    if works_alone:
        banner.props("data-works-alone")

    def answer(event: GenericEventArguments) -> None:
        if isinstance(event.args, int):
            age_ms = visit.drawn.age_ms(time.monotonic())
            ui.run_javascript(f"heartbeat.hear({event.args}, {'null' if age_ms is None else round(age_ms)})")

    ui.on("heartbeat", answer)
