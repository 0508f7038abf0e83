"""The settings that the how-to shows are a station's, and its recipe has a camera for each view."""

import re
import textwrap
from pathlib import Path

from inspection.recipe.recipe import Recipe
from inspection.station.settings import load_settings
from inspection.station.webs import plan_webs

HOW_TO = Path(__file__).resolve().parents[2] / "docs/how-to/several-cameras.md"


def test_the_settings_of_the_how_to_make_one_web_of_both_cameras(tmp_path: Path):
    (shown,) = re.findall(r"^ *```toml\n(.*?)^ *```", HOW_TO.read_text(), re.MULTILINE | re.DOTALL)
    path = tmp_path / "station.toml"
    path.write_text(textwrap.dedent(shown))
    settings = load_settings(path)
    (web,) = plan_webs(settings, Recipe.load(settings.recipe_path))
    assert web.cameras == ("cam0", "cam1")
    assert web.ways_mm == {"cam0": 0.0, "cam1": 400.0}
