"""One line of the self-check's table, and the clean web that most of its lines are measured on."""

from dataclasses import dataclass

from camera.web.settings import Material, PlantingRate, View, WebSettings
from camera.web.web import SimulatedWeb

PITCH_UM = 50.0
WIDTH_PX = 512
"""Width of the web, 25.6 mm: coating from border to border."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    name: str
    expected: str
    seen: str
    is_ok: bool


def clean_web(material: Material, view: View, seed: int, width_px: int = WIDTH_PX) -> SimulatedWeb:
    """A web with nothing planted on it."""
    return SimulatedWeb(
        WebSettings(
            material=material,
            view=view,
            severity=PlantingRate.CLEAN,
            seed=seed,
            width_px=width_px,
            pixel_pitch_um=PITCH_UM,
        )
    )
