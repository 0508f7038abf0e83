"""Whether two cameras side by side say of a web what one wide camera says of it.

The same simulated anode web runs through two whole stations: past one camera of 8,162 columns, and past two of 4,096
that share 30 columns, the second one 0.3 mm downstream of the first. Told are the objects that only one station found,
those that it found twice, how far their sizes lie apart, and the figures of roll, certificate and statistics. Noise is
each camera's own, so that what lies at a threshold may fall to either side: with `--noise` the first station is run
again with other noise, which shows how much of a difference that alone makes.

    python benchmarks/benchmark_seam.py [--blocks 300] [--severity dense] [--noise] [--told nominal] [--json]
"""

import argparse
import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from rich.console import Console
from rich.table import Table

from camera.settings import SimulatedSettings
from camera.web import CameraPlace, PlantingRate, SimulatedWeb, WebSettings
from camera.web.truth import PlantedObject
from inspection.model.shelf import find_model
from inspection.pages.rolls.roll_files import certificate_of
from inspection.quality.figures import Figures
from inspection.recipe.recipe import Recipe, default_recipe_path
from inspection.rolls.certificate import facts
from inspection.rolls.roll_book import RollBook
from inspection.station.feed import Publication
from inspection.station.places import PlaceSettings
from inspection.station.settings import ArchiveSettings, StationSettings
from inspection.station.station import Station
from inspection.store.database import Database
from inspection.store.engine import Access
from inspection.values import Light
from inspection.values.kinds import is_nuisance

MODELS = Path(__file__).parents[1] / "models"
CAMERA_PX, OVERLAP_PX, LINES, PITCH_MM = 4096, 30, 1024, 0.05
STEP_PX = CAMERA_PX - OVERLAP_PX
WEB_PX = CAMERA_PX + STEP_PX
SEAM_MM = (STEP_PX * PITCH_MM, CAMERA_PX * PITCH_MM)
_NEAR_MM = 0.6
"""Objects whose outlines' boxes come so near are one."""
_PATIENT_MS = 600_000.0
"""The machine may have other things to do: what is late isn't the question here."""
_OWN_FACTS = ("station ", "roll ", "first captured", "last captured", "judged by", "cameras", "made")
"""What a certificate says of its station, not of the web."""


@dataclass(frozen=True, slots=True)
class Found:
    """One object, as a station's decision tells it."""

    block: int
    kind: str
    is_rejected: bool
    """A reason of its piece blames it."""
    score: float
    md_mm: float
    cd_mm: float
    length_mm: float
    width_mm: float
    area_mm2: float
    is_whole: bool
    """It lies within one block."""
    is_of_parts: bool
    """Each camera saw a part of it."""

    @property
    def is_at_seam(self) -> bool:
        """Whether it reaches into what both cameras see."""
        half_mm = self.length_mm / 2.0
        return self.cd_mm - half_mm < SEAM_MM[1] and self.cd_mm + half_mm > SEAM_MM[0]


@dataclass(frozen=True, slots=True)
class Told:
    """What a station said of the web."""

    verdicts: tuple[str, ...]
    found: tuple[Found, ...]
    certificate: dict[str, str]
    statistics: dict[str, Any]


def main() -> None:
    """Run both, print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=300, help="of 1,024 lines (default: 300)")
    parser.add_argument("--severity", default="dense", choices=[each.value for each in PlantingRate])
    parser.add_argument("--seed", type=int, default=5_000_000, help="of the web, none that models were taught with")
    parser.add_argument("--off-mm", type=float, default=0.3, help="how far downstream the second camera hangs")
    parser.add_argument("--told", default="true", choices=("true", "nominal"), help="what the station knows of that")
    parser.add_argument("--noise", action="store_true", help="the wide camera again, with other noise")
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    options = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    web = web_of(options.severity, options.seed)
    wide = CameraPlace(width_px=WEB_PX, seed=options.seed)
    second = CameraPlace(
        width_px=CAMERA_PX, seed=options.seed + 1, across_mm=STEP_PX * PITCH_MM, along_mm=options.off_mm
    )
    first = wide.model_copy(update={"width_px": CAMERA_PX})
    if options.noise:
        others, told = [wide.model_copy(update={"seed": options.seed + 2})], None
    else:
        others = [first, second]
        told = [first, second if options.told == "true" else second.model_copy(update={"along_mm": 0.0})]
    with tempfile.TemporaryDirectory() as name:
        one = run(Path(name) / "one", web, [wide], None, options.blocks)
        two = run(Path(name) / "two", web, others, told, options.blocks)
    result = compare(one, two, web)
    if options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        show(result)


def web_of(severity: str, seed: int) -> WebSettings:
    """The whole web, with what the model knows on it."""
    recipe = Recipe.load(default_recipe_path("anode", "bright-field"))
    kinds = find_model(MODELS, recipe.model.name).card.kinds
    return WebSettings(severity=PlantingRate(severity), seed=seed, kinds=tuple(kinds), width_px=WEB_PX)


def run(
    folder: Path, web: WebSettings, places: Sequence[CameraPlace], told: Sequence[CameraPlace] | None, blocks: int
) -> Told:
    """A whole station over the web, until all blocks are decided. `told`: the places in its settings."""
    first_line = math.ceil(max(place.along_mm for place in places) / PITCH_MM)
    cameras = tuple(
        SimulatedSettings(
            name=f"cam{number}",
            web=web,
            place=place,
            lines=LINES,
            line_rate_hz=None,
            first_line=first_line,
            # What lies on the last piece has come to the second camera a block later.
            frame_limit=blocks + (number > 0),
        )
        for number, place in enumerate(places)
    )
    settings = StationSettings(
        cameras=cameras,
        recipe="anode",
        models_dir=MODELS,
        state_dir=folder,
        deadline_ms=_PATIENT_MS,
        archive=ArchiveSettings(max_gb=0.001),
        places={} if told is None else {f"cam{n}": _told_place(place) for n, place in enumerate(told)},
    )
    verdicts: list[str] = []
    found: list[Found] = []

    def take(publications: Sequence[Publication]) -> None:
        for publication in publications:
            decision = publication.decision
            verdicts.append(decision.verdict.value)
            blamed = {place for reason in decision.reasons for place in reason.defects}
            found.extend(
                Found(
                    decision.sequence,
                    defect.kind,
                    number in blamed,
                    defect.score,
                    defect.md_mm,
                    defect.cd_mm,
                    defect.length_mm,
                    defect.width_mm,
                    defect.area_mm2,
                    not (defect.continued or defect.reaches_leading_edge or defect.reaches_trailing_edge),
                    len({each.frame.camera for each in defect.sightings}) > 1,
                )
                for number, defect in enumerate(decision.defects)
                if not is_nuisance(defect.kind)
            )
            if len(verdicts) % 25 == 0:
                sys.stderr.write(f"{folder.name}: {len(verdicts)} blocks\n")

    station = Station(settings, sinks=[take])
    station.start()
    try:
        station.wait()
    finally:
        station.stop()
    return Told(tuple(verdicts), tuple(found), *_figures(settings))


def _told_place(place: CameraPlace) -> PlaceSettings:
    return PlaceSettings(light=Light.BRIGHT_FIELD, across_mm=place.across_mm, along_mm=place.along_mm)


def _figures(settings: StationSettings) -> tuple[dict[str, str], dict[str, Any]]:
    database = Database.at(settings.store_url, settings.state_dir, Access.PEOPLE, settings.open_evidence())
    book, figures = RollBook(database), Figures(database)
    certificate = certificate_of(database, "station", book.rolls()[-1], "benchmark")
    whole = figures.whole()
    verdicts, sizes = figures.verdicts(whole), figures.sizes(whole)
    statistics = {
        "accepted": verdicts.accepted,
        "rejected": verdicts.rejected,
        "uninspected": verdicts.uninspected,
        "reject kinds": figures.reject_kinds(whole),
        "sizes": len(sizes),
        "median size (mm)": round(float(np.median(sizes)), 3) if sizes else None,
        "largest size (mm)": round(max(sizes), 3) if sizes else None,
    }
    database.close()
    told = {key: value for key, value in facts(certificate).items() if not f"{key} ".startswith(_OWN_FACTS)}
    return told, statistics


def compare(one: Told, two: Told, web: WebSettings) -> dict[str, Any]:
    """What differs between two accounts of one web."""
    pairs, only_one, only_two = matched(one.found, two.found)
    truth = SimulatedWeb(web)
    both = [(a, b) for a, b in pairs if a.is_whole and b.is_whole]
    return {
        "blocks": len(one.verdicts),
        "verdicts that differ": [
            (number, a, b) for number, (a, b) in enumerate(zip(one.verdicts, two.verdicts, strict=True), 1) if a != b
        ],
        "verdicts": [dict(Counter(each.verdicts)) for each in (one, two)],
        "objects": [len(one.found), len(two.found)],
        "rejected objects": [sum(found.is_rejected for found in each.found) for each in (one, two)],
        "in both": len(pairs),
        "only by the first": [_described(each, truth) for each in only_one],
        "only by the second": [_described(each, truth) for each in only_two],
        "twice by the first": len(doubles(one.found, two.found)),
        "twice by the second": len(doubles(two.found, one.found)),
        "rejected by one alone": [
            {"first": asdict(a), "second": asdict(b)} for a, b in pairs if a.is_rejected != b.is_rejected
        ],
        "named otherwise": sum(a.kind != b.kind for a, b in pairs),
        "sizes": {
            where: _sizes([pair for pair in both if pair[0].is_at_seam is at_seam])
            for where, at_seam in (("at the seam", True), ("elsewhere", False))
        },
        "seen in parts": sum(each.is_of_parts for each in two.found),
        "certificate that differs": _differing(one.certificate, two.certificate),
        "statistics that differ": _differing(one.statistics, two.statistics),
    }


def matched(one: Sequence[Found], two: Sequence[Found]) -> tuple[list[tuple[Found, Found]], list[Found], list[Found]]:
    """Pairs, nearest first, and what is left of each."""
    near = sorted(
        (apart_mm, i, j)
        for i, a in enumerate(one)
        for j, b in enumerate(two)
        if abs(a.block - b.block) <= 1 and (apart_mm := _apart_mm(a, b)) <= _reach_mm(a, b)
    )
    left_one, left_two = dict(enumerate(one)), dict(enumerate(two))
    pairs = []
    for _, i, j in near:
        if i in left_one and j in left_two:
            pairs.append((left_one.pop(i), left_two.pop(j)))
    return pairs, list(left_one.values()), list(left_two.values())


def doubles(found: Sequence[Found], other: Sequence[Found]) -> list[tuple[Found, Found]]:
    """Two objects of one account that lie on one of the other's, and on each other."""
    return [
        (a, b)
        for number, a in enumerate(found)
        for b in found[number + 1 :]
        if a.block == b.block
        and _apart_mm(a, b) <= _NEAR_MM
        and sum(_apart_mm(a, each) <= _NEAR_MM for each in other if each.block == a.block) < 2
    ]


def _apart_mm(a: Found, b: Found) -> float:
    return math.hypot(a.md_mm - b.md_mm, a.cd_mm - b.cd_mm)


def _reach_mm(a: Found, b: Found) -> float:
    return max(_NEAR_MM, min(a.length_mm, b.length_mm) / 2.0)


def _sizes(pairs: Sequence[tuple[Found, Found]]) -> dict[str, Any]:
    """How many px the lengths and widths of pairs lie apart."""
    if not pairs:
        return {"objects": 0}
    apart = {
        what: np.abs([getattr(a, what) - getattr(b, what) for a, b in pairs]) / PITCH_MM
        for what in ("length_mm", "width_mm")
    }
    worst = np.maximum(apart["length_mm"], apart["width_mm"])
    return {
        "objects": len(pairs),
        "within 1 px": int((worst <= 1.0).sum()),
        **{f"{what[:-3]} apart (px): median, 95 %, most": _spread(each) for what, each in apart.items()},
        "more than 1 px apart": [
            {"first": asdict(a), "second": asdict(b)} for (a, b), far in zip(pairs, worst, strict=True) if far > 1.0
        ],
    }


def _spread(apart: "np.ndarray[Any, Any]") -> list[float]:
    return [round(float(each), 2) for each in (np.median(apart), np.percentile(apart, 95), apart.max())]


def _described(found: Found, truth: SimulatedWeb) -> dict[str, Any]:
    line = int(found.md_mm / PITCH_MM)
    planted = truth.objects(max(0, line - LINES // 2), LINES)
    nearest = min(
        planted, key=lambda each: math.hypot(each.md_mm - found.md_mm, each.cd_mm - found.cd_mm), default=None
    )
    return asdict(found) | {"is at the seam": found.is_at_seam, "planted": _planted(found, nearest)}


def _planted(found: Found, nearest: PlantedObject | None) -> dict[str, Any] | None:
    if nearest is None:
        return None
    apart_mm = math.hypot(nearest.md_mm - found.md_mm, nearest.cd_mm - found.cd_mm)
    if apart_mm > _NEAR_MM + nearest.length_mm / 2.0:
        return None
    return {"kind": nearest.kind, "snr": round(nearest.snr, 1), "length_mm": round(nearest.length_mm, 3)}


def _differing(one: dict[str, Any], two: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        key: [one.get(key), two.get(key)] for key in (*one, *(two.keys() - one.keys())) if one.get(key) != two.get(key)
    }


def show(result: dict[str, Any]) -> None:
    """As a table."""
    table = Table("", "")
    for key, value in result.items():
        table.add_row(key, json.dumps(value, indent=1) if isinstance(value, list | dict) else str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
