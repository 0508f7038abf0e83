"""Cameras of real stations: how wide, how fast, how fine (numbers note, section 1.2)."""

from dataclasses import dataclass
from typing import Literal

from camera.errors import SettingsError
from camera.web.layouts import lay_out
from camera.web.multiplex import Light
from camera.web.settings import LayoutName, Material, Motion, PlantingRate, View, WebSettings

PresetName = Literal[
    "coat-25", "coat-25-mux", "coat-50", "calender-25", "slit-25", "notch-25", "notch-15",
    "sep-coat-30", "sep-slit-30", "sep-base-40", "demo",
]  # fmt: skip

_OVERLAP = 1.03
_WIDEST_PX = 16_384
_FEWEST_PX = 2.0
"""Least size of a preset's smallest defect: a single bright pixel on a calendered anode is a glint (section 4.4)."""

_BRIGHT, _DARK, _BACK = Light(View.BRIGHT_FIELD), Light(View.DARK_FIELD), Light(View.BACK_LIGHT)


@dataclass(frozen=True, slots=True)
class Preset:
    """One camera of a station; the others stand beside it."""

    name: PresetName
    width_mm: float
    """Width that all cameras of one side see together."""
    speed_m_per_min: float
    pitch_um: float
    cameras: int
    """On one side."""
    lights: tuple[Light, ...]
    layouts: dict[Material, LayoutName]
    """By material; the first one is the usual one."""
    smallest_mm: float
    """The smallest defect that the station must find."""

    @property
    def line_rate_hz(self) -> float:
        """Line rate of the camera: each light has its own lines."""
        return len(self.lights) * self.speed_m_per_min * 1e6 / 60.0 / self.pitch_um

    @property
    def width_px(self) -> int:
        """Width of one camera's image, what it shares with its neighbour included."""
        return int(self.width_mm * 1000.0 / self.pitch_um * _OVERLAP / self.cameras)

    def settings(
        self,
        material: Material | None = None,
        severity: PlantingRate = PlantingRate.NORMAL,
        seed: int = 1,
        camera: int = 0,
        pixel_pitch_um: float | None = None,
    ) -> WebSettings:
        """The web as one camera of the station sees it, under the first light; for more lights give it to
        `MultiplexedWeb` together with `lights`.

        `camera`: 0 is the one at the drive side, over column 0. `pixel_pitch_um`: of another lens.
        Raises SettingsError for a material that the station does not see, for a camera that it does not have, and for
        pixels in which its smallest defect vanishes.

        >>> settings = PRESETS["notch-25"].settings(Material.CATHODE)
        >>> settings.layout, settings.width_px, settings.motion.speed_m_per_min
        ('L5', 13184, 100.0)
        """
        material = next(iter(self.layouts)) if material is None else material
        if material not in self.layouts:
            raise SettingsError(
                f"preset {self.name}: expected {', '.join(each.value for each in self.layouts)}, got {material.value}; "
                "choose one of these, or another preset"
            )
        if not 0 <= camera < self.cameras:
            raise SettingsError(
                f"preset {self.name}: its cameras are 0 .. {self.cameras - 1}, got {camera}; choose one of these"
            )
        pitch_um = self.pitch_um if pixel_pitch_um is None else pixel_pitch_um
        if self.smallest_mm * 1000.0 < _FEWEST_PX * pitch_um:
            raise SettingsError(
                f"preset {self.name}: its smallest defect of {self.smallest_mm:g} mm needs pixels of "
                f"{1000.0 * self.smallest_mm / _FEWEST_PX:g} um or less to cover {_FEWEST_PX:g} of them, "
                f"got {pitch_um:g} um; choose a finer lens, or a preset for larger defects"
            )
        width_px = int(self.width_px * self.pitch_um / pitch_um)
        if width_px > _WIDEST_PX:
            raise SettingsError(
                f"preset {self.name}: pixels of {pitch_um:g} um over {self.width_mm / self.cameras:g} mm make "
                f"{width_px} of them, and cameras have {_WIDEST_PX} at most; choose larger pixels"
            )
        web = WebSettings(
            material=material,
            view=self.lights[0].view,
            light_from=self.lights[0].light_from,
            severity=severity,
            seed=seed,
            layout=self.layouts[material],
            width_px=width_px,
            pixel_pitch_um=pitch_um,
            motion=Motion(speed_m_per_min=self.speed_m_per_min),
        )
        if web.layout == "auto":
            return web
        # The cameras stand evenly about the middle of the web.
        middle_mm = 0.5 * lay_out(web).width_mm + (camera + 0.5 - 0.5 * self.cameras) * self.width_mm / self.cameras
        return web.model_copy(update={"left_mm": middle_mm - 0.5 * width_px * pitch_um / 1000.0})


_CATHODES = (Material.CATHODE, Material.CATHODE_LFP)
_ANODES = (Material.ANODE, Material.ANODE_UNCALENDERED)
_COATED: dict[Material, LayoutName] = {
    Material.ANODE_UNCALENDERED: "L2", Material.CATHODE: "L1", Material.CATHODE_LFP: "L1", Material.ANODE: "L2",
}  # fmt: skip
_CALENDERED: dict[Material, LayoutName] = {Material.ANODE: "L2", Material.CATHODE: "L1", Material.CATHODE_LFP: "L1"}


def _electrodes(layout: LayoutName) -> dict[Material, LayoutName]:
    return dict.fromkeys((Material.ANODE, *_CATHODES), layout)


def _separators(layout: LayoutName) -> dict[Material, LayoutName]:
    return dict.fromkeys((Material.SEPARATOR, Material.SEPARATOR_TWO_SIDES, Material.BASE_FILM), layout)


_ALL = (
    Preset("coat-25", 1400.0, 80.0, 25.0, 4, (_BRIGHT,), _COATED, 0.05),
    Preset("coat-25-mux", 1400.0, 80.0, 25.0, 4, (_BRIGHT, _DARK), _COATED, 0.05),
    Preset("coat-50", 1400.0, 80.0, 50.0, 2, (_BRIGHT,), _COATED, 0.1),
    Preset("calender-25", 1400.0, 100.0, 25.0, 4, (_BRIGHT,), _CALENDERED, 0.05),
    Preset("slit-25", 1400.0, 120.0, 25.0, 4, (_BRIGHT,), _electrodes("L4"), 0.05),
    Preset("notch-25", 320.0, 100.0, 25.0, 1, (_BRIGHT,), _electrodes("L5"), 0.05),
    Preset("notch-15", 320.0, 100.0, 15.0, 2, (_BRIGHT,), _electrodes("L5"), 0.03),
    Preset("sep-coat-30", 1300.0, 150.0, 30.0, 3, (_BRIGHT, _BACK), _separators("L8"), 0.06),
    Preset("sep-slit-30", 1300.0, 200.0, 30.0, 3, (_BRIGHT, _BACK), _separators("L8-slit"), 0.06),
    Preset("sep-base-40", 4500.0, 60.0, 40.0, 8, (_BRIGHT, _BACK), {Material.BASE_FILM: "auto"}, 0.08),
    Preset("demo", 100.0, 30.0, 50.0, 1, (_BRIGHT,), dict.fromkeys(Material, "auto"), 0.1),
)
PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}
"""By name. metal-7 is not among them: it tells metals apart by colour, and these webs are grey."""
