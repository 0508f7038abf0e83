"""Evidence of the simulated web."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from camera.web.settings import Material, View
from inspection.model.shelf import Model
from training.evaluation.report.by_recipe import evidence_of
from training.evaluation.report.evidence import DataIdentity, Evidence
from training.evaluation.simulated_web import WebResult, all_judged
from training.simulation.webs import BLOCK_LINES, SeedRange, numbered_web

_TIMED_BLOCKS = 8


def simulated_evidence(model: Model, results: Sequence[WebResult], settings: Mapping[str, Any]) -> Evidence:
    """Evidence about a model on the webs of `training.evaluation.simulated_web.evaluate`, at least one.

    `settings`: what these depend on.

    Raises DataError if nothing was inspected.
    """
    judged = all_judged(results)
    # Workers hand webs in as they are done.
    judged.images.sort(key=lambda image: image.name)
    judged.objects.sort(key=lambda seen: seen.key)
    judged.false_alarms.sort(key=lambda alarm: alarm.image)
    materials = list(dict.fromkeys(each.material for each in results))
    data = DataIdentity(
        f"simulated {' and '.join(sorted(materials))}",
        "simulated web",
        "",
        sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
    )
    web = numbered_web(SeedRange.EVALUATION, 0, Material(results[0].material), View(results[0].view))
    blocks = np.asarray(web.render(0, _TIMED_BLOCKS * BLOCK_LINES), np.uint8)
    recipes = sorted({each.recipe for each in results})
    return evidence_of(model, recipes, judged, data, np.split(blocks, _TIMED_BLOCKS))
