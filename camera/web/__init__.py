"""The simulated web: material, light, optics and sensor of a station, with planted objects and their answer sheet."""

from camera.web.layout import Lane
from camera.web.settings import Material, PlantingRate, View, WebSettings
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb

__all__ = ["Lane", "Material", "PlantedObject", "PlantingRate", "SimulatedWeb", "View", "WebSettings"]
