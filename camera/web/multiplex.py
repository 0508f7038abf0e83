"""Two or three lights in turn on one line camera: strobe multiplexing (numbers note, section 1.2)."""

from dataclasses import dataclass

import numpy as np

from camera.errors import SettingsError
from camera.web.settings import LightFrom, View, WebSettings
from camera.web.strips import Pixels, check_range
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb

MOST_VIEWS = 4
"""Strobe controllers of line cameras have up to four channels."""


@dataclass(frozen=True, slots=True)
class Light:
    """One channel of the strobe."""

    view: View
    light_from: LightFrom = "upstream"


class MultiplexedWeb:
    """One web under several lights. Camera line i shows light i mod n, so that each view has every n-th line and lies
    k / n of its own lines behind the first. The same objects lie on all views.
    """

    def __init__(self, settings: WebSettings, lights: tuple[Light, ...]) -> None:
        """`settings`: of the web and of each single view; the camera itself has n times as many lines.

        Raises SettingsError for fewer than two or more than MOST_VIEWS lights, and for the same light twice.
        """
        if not 2 <= len(lights) <= MOST_VIEWS:
            raise SettingsError(
                f"lights: strobe multiplexing takes 2 to {MOST_VIEWS} of them, got {len(lights)}; "
                "for one light use SimulatedWeb"
            )
        if len(set(lights)) < len(lights):
            raise SettingsError(
                f"lights: each must differ from the others, got {', '.join(light.view.value for light in lights)}; "
                "two dark-field views need light from different sides"
            )
        count = len(lights)
        self.lights = lights
        self.webs = tuple(
            SimulatedWeb(
                settings.model_copy(
                    update={"view": light.view, "light_from": light.light_from, "line_offset": number / count}
                )
            )
            for number, light in enumerate(lights)
        )
        """One for each view, with its own lines."""

    def render(self, first_line: int, lines: int) -> Pixels:
        """(lines, width_px) camera lines, the views in turn; any range, as of SimulatedWeb."""
        check_range(first_line, lines)
        count = len(self.webs)
        settings = self.webs[0].settings
        shape = (lines, settings.width_px)
        out: Pixels = np.empty(shape, np.uint8) if settings.bit_depth == 8 else np.empty(shape, np.uint16)
        for number, web in enumerate(self.webs):
            first = -(-(first_line - number) // count)
            last = -(-(first_line + lines - number) // count)
            if last > first:
                out[first * count + number - first_line :: count] = web.render(first, last - first)
        return out

    def objects(self, first_line: int, lines: int) -> tuple[tuple[PlantedObject, ...], ...]:
        """For each view the objects that show in these of its own lines, as of SimulatedWeb."""
        return tuple(web.objects(first_line, lines) for web in self.webs)


def split(block: Pixels, views: int, first_line: int = 0) -> tuple[Pixels, ...]:
    """The views of an interleaved block whose first camera line is `first_line`, each (lines of the view, width).

    >>> [view[:, 0].tolist() for view in split(np.arange(6, dtype=np.uint8)[:, None], 2)]
    [[0, 2, 4], [1, 3, 5]]
    >>> [view[:, 0].tolist() for view in split(np.arange(6, dtype=np.uint8)[1:, None], 2, first_line=1)]
    [[2, 4], [1, 3, 5]]

    Raises SettingsError if the block has fewer lines than there are views.
    """
    if not 1 <= views <= block.shape[0]:
        raise SettingsError(
            f"views: a block of {block.shape[0]} lines holds 1 to {block.shape[0]} views, got {views}; "
            "take a taller block, or say how many lights the strobe has"
        )
    return tuple(block[(number - first_line) % views :: views] for number in range(views))
