"""The simulated web: material, light, optics and sensor of a station, with planted objects and their answer sheet."""

from camera.web.dimensions import Dimensions
from camera.web.layout import Lane
from camera.web.multiplex import Light, MultiplexedWeb
from camera.web.place import CameraPlace
from camera.web.placed_web import PlacedWeb
from camera.web.presets import PRESETS, Preset
from camera.web.settings import Material, Motion, PlantingRate, View, WebSettings
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb

__all__ = [
    "PRESETS",
    "CameraPlace",
    "Dimensions",
    "Lane",
    "Light",
    "Material",
    "Motion",
    "MultiplexedWeb",
    "PlacedWeb",
    "PlantedObject",
    "PlantingRate",
    "Preset",
    "SimulatedWeb",
    "View",
    "WebSettings",
]
