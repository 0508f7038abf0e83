"""Classifiers of names for two views of a separator, made by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path

from inspection.judging.view_names import ViewNames
from inspection.model.names_card import BLOCK_BESIDE_SCORES, NamesCard

KINDS = ("S01", "S04", "S07")
FEATURES = BLOCK_BESIDE_SCORES + len(KINDS)


def content(*bias: float, contrast: dict[str, float] | None = None, **changes) -> dict:
    """Content of a card that says the same of everything, but for the weight of the second view's contrast, by kind."""
    view = {"model": "separator", "model_sha256": "a" * 64, "kinds": list(KINDS)}
    rows = [[0.0] * (2 * FEATURES) for _ in KINDS]
    for kind, weight in (contrast or {}).items():
        rows[KINDS.index(kind)][FEATURES + 1 + len(KINDS) + 4] = weight
    made = {
        "schema_version": 1, "role": "names", "name": "separator-names", "version": "1.0", "material": "separator",
        "views": [view | {"light": "bright-field", "side": "top"}, view | {"light": "back-light", "side": "top"}],
        "kinds": list(KINDS), "mean": [0.0] * (2 * FEATURES), "scale": [1.0] * (2 * FEATURES), "weights": rows,
        "bias": list(bias or (0.0, 0.0, 0.0)), "method": "by hand", "metrics": {}, "data_sha256": "b" * 64,
        "versions": {}, "created_utc": datetime(2026, 1, 2, tzinfo=UTC).isoformat(), "licence": "Apache-2.0",
        "intended_use": "tests", "limits": "knows nothing",
    }  # fmt: skip
    return made | changes


def of_everything(recipe, kinds: tuple[str, ...], name: str) -> ViewNames:
    """Gives everything the same name, whatever the views of a recipe saw."""
    looks = [
        {"light": view.light, "side": view.side, "model": view.model.name, "model_sha256": "a" * 64, "kinds": kinds}
        for view in recipe.views.values()
    ]
    features = len(looks) * (BLOCK_BESIDE_SCORES + len(kinds))
    told = content(
        material=recipe.material,
        views=looks,
        kinds=kinds,
        mean=[0.0] * features,
        scale=[1.0] * features,
        weights=[[0.0] * features for _ in kinds],
        bias=[9.0 * (kind == name) for kind in kinds],
    )
    return ViewNames(NamesCard.model_validate(told), tuple(recipe.views))


def view_names(*bias: float, contrast: dict[str, float] | None = None) -> ViewNames:
    return ViewNames(NamesCard.model_validate(content(*bias, contrast=contrast)), ("bright-field", "back-light"))


def write(folder: Path, told: dict) -> Path:
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(told), encoding="utf-8")
    return folder
