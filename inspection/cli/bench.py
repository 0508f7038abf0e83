"""`inspection bench`: how fast this very machine inspects, end to end."""

import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import psutil
import typer
from rich.progress import Progress
from rich.table import Table

from camera.memory_source import MemorySource
from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from inspection.cli.console import ERR, OUT, print_json
from inspection.cli.places import ModelsDir
from inspection.logs import configure_logs
from inspection.model_store import find_model
from inspection.pipeline import Pipeline
from inspection.recipe import default_recipe

_IMAGES = 24
