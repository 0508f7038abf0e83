"""Whether two cameras side by side say of a web what one wide camera says of it.

The same simulated anode web runs through two whole stations: past one camera of 8,162 columns, and past two of 4,096
that share 30 columns, the second one 0.3 mm downstream of the first. Told are the planted objects that only one station
found or rejected, those that it told twice at the seam, how far their sizes lie apart, and the figures of roll,
certificate and statistics. Noise is each camera's own, so that what lies at a threshold may fall to either side: with
`--noise` the wide camera looks once more with other noise, which shows how much that alone makes.

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
from inspection.quality.score_sheet import VISIBLE_SNR, ScoreSheet
from inspection.recipe.recipe import Recipe, default_recipe_path
from inspection.rolls.certificate import facts
from inspection.rolls.roll_book import RollBook
from inspection.station.feed import Publication
from inspection.station.places import PieceSettings, PlaceSettings
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
"""What is told so near to a planted object's box is that object."""
_SPECK_MM2 = 0.003
"""Less is a single pixel of noise that a network of low threshold wondered about."""
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


@dataclass(frozen=True, slots=True)
class Told:
    """What a station said of the web."""

    verdicts: tuple[str, ...]
    rules: tuple[tuple[str, ...], ...]
    """Rules of each verdict's reasons."""
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
    told = [first, second if options.told == "true" else second.model_copy(update={"along_mm": 0.0})]
    with tempfile.TemporaryDirectory() as name:
        one = run(Path(name) / "one camera", web, [wide], None, options.blocks)
        two = run(Path(name) / "two cameras", web, [first, second], told, options.blocks)
        show(compare(one, two, web), as_json=options.json)
        if options.noise:
            other = wide.model_copy(update={"seed": options.seed + 2})
            again = run(Path(name) / "other noise", web, [other], None, options.blocks)
            show(compare(one, again, web), as_json=options.json)


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
        pieces=PieceSettings(longest_wait_s=_PATIENT_MS / 1000.0),
        archive=ArchiveSettings(max_gb=0.001),
        places={} if told is None else {f"cam{n}": _told_place(place) for n, place in enumerate(told)},
    )
    verdicts: list[str] = []
    rules: list[tuple[str, ...]] = []
    found: list[Found] = []

    def take(publications: Sequence[Publication]) -> None:
        for publication in publications:
            decision = publication.decision
            verdicts.append(decision.verdict.value)
            rules.append(tuple(dict.fromkeys(reason.rule for reason in decision.reasons)))
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
    return Told(tuple(verdicts), tuple(rules), tuple(found), *_figures(settings))


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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a station said of one planted object."""

    parts: tuple[Found, ...]
    """As what it was told."""
    is_judged: bool
    """All blocks that show it were inspected."""

    @property
    def is_rejected(self) -> bool:
        """Whether a piece was rejected for it."""
        return any(each.is_rejected for each in self.parts)


def compare(one: Told, two: Told, web: WebSettings) -> dict[str, Any]:
    """What differs between two accounts of one web."""
    recipe = Recipe.load(default_recipe_path("anode", "bright-field"))
    sheet = ScoreSheet(recipe, web.pixel_pitch_um)
    truth = SimulatedWeb(web)
    planted = {
        each.key: each
        for block in range(len(one.verdicts))
        for each in truth.objects(block * LINES, LINES)
        if not each.is_nuisance and each.snr >= VISIBLE_SNR
    }
    both = [(each, seen_of(each, one), seen_of(each, two)) for each in planted.values()]
    both = [(each, a, b) for each, a, b in both if a.is_judged and b.is_judged]
    due = [(each, a, b) for each, a, b in both if sheet.must_be_rejected(each)]
    single = [
        (each, a.parts[0], b.parts[0])
        for each, a, b in both
        if len(a.parts) == len(b.parts) == 1 and a.parts[0].is_whole and b.parts[0].is_whole
    ]
    return {
        "blocks": len(one.verdicts),
        "verdicts": [dict(Counter(each.verdicts)) for each in (one, two)],
        "verdicts that differ": [
            {"block": number, "said": [one.verdicts[at], two.verdicts[at]], "rules": [one.rules[at], two.rules[at]]}
            for number, at in enumerate(range(len(one.verdicts)), 1)
            if one.verdicts[at] != two.verdicts[at]
        ],
        "visible objects that both judged": len(both),
        "found": _agreed([(each, bool(a.parts), bool(b.parts)) for each, a, b in both]),
        "due": len(due),
        "due and rejected": _agreed([(each, a.is_rejected, b.is_rejected) for each, a, b in due]),
        "at the seam": [
            {"planted": _of(each), "told as": [[asdict(part) for part in seen.parts] for seen in (a, b)]}
            for each, a, b in both
            if _is_at_seam(each)
        ],
        "told as so many parts": [sum(len(each[which].parts) for each in both) for which in (1, 2)],
        "sizes": {
            where: _sizes([(each, a, b) for each, a, b in single if _is_at_seam(each) is at_seam])
            for where, at_seam in (("at the seam", True), ("elsewhere", False))
        },
        "objects told, planted or not": [len(each.found) for each in (one, two)],
        "certificate that differs": _differing(one.certificate, two.certificate),
        "statistics that differ": _differing(one.statistics, two.statistics),
    }


def seen_of(planted: PlantedObject, told: Told) -> Seen:
    """What was told at its place."""
    half_md, half_cd = (extent * PITCH_MM / 2.0 + _NEAR_MM for extent in planted.mask.shape)
    parts = tuple(
        each
        for each in told.found
        if abs(each.md_mm - planted.md_mm) <= max(half_md, planted.length_mm / 2.0)
        and abs(each.cd_mm - planted.cd_mm) <= half_cd
        and each.area_mm2 > _SPECK_MM2
    )
    first = max(0, int((planted.md_mm - planted.length_mm / 2.0) / (LINES * PITCH_MM)))
    last = min(len(told.verdicts) - 1, int((planted.md_mm + planted.length_mm / 2.0) / (LINES * PITCH_MM)))
    return Seen(parts, all(told.verdicts[block] != "uninspected" for block in range(first, last + 1)))


def _is_at_seam(planted: PlantedObject) -> bool:
    """Whether it reaches into what both cameras see."""
    left_mm = planted.left_px * PITCH_MM
    return left_mm < SEAM_MM[1] and left_mm + planted.mask.shape[1] * PITCH_MM > SEAM_MM[0]


def _agreed(answers: Sequence[tuple[PlantedObject, bool, bool]]) -> dict[str, Any]:
    return {
        "by both": sum(a and b for _, a, b in answers),
        "by neither": sum(not a and not b for _, a, b in answers),
        "by the first alone": [_of(each) for each, a, b in answers if a and not b],
        "by the second alone": [_of(each) for each, a, b in answers if b and not a],
    }


def _of(planted: PlantedObject) -> dict[str, Any]:
    return {
        "kind": planted.kind,
        "block": int(planted.md_mm / (LINES * PITCH_MM)) + 1,
        "cd_mm": round(planted.cd_mm, 2),
        "snr": round(planted.snr, 1),
        "length_mm": round(planted.length_mm, 3),
        "is at the seam": _is_at_seam(planted),
    }


def _sizes(pairs: Sequence[tuple[PlantedObject, Found, Found]]) -> dict[str, Any]:
    """How many px the lengths and widths lie apart, of what each station told as one object in one block."""
    if not pairs:
        return {"objects": 0}
    apart = {
        what: np.abs([getattr(a, what) - getattr(b, what) for _, a, b in pairs]) / PITCH_MM
        for what in ("length_mm", "width_mm")
    }
    worst = np.maximum(apart["length_mm"], apart["width_mm"])
    return {
        "objects": len(pairs),
        "within 1 px": int((worst <= 1.0).sum()),
        **{f"{what[:-3]} apart (px): median, 95 %, most": _spread(each) for what, each in apart.items()},
        "more than 1 px apart": [
            {"planted": _of(each), "told as": [asdict(a), asdict(b)]}
            for (each, a, b), far in zip(pairs, worst, strict=True)
            if far > 1.0
        ],
    }


def _spread(apart: "np.ndarray[Any, Any]") -> list[float]:
    return [round(float(each), 2) for each in (np.median(apart), np.percentile(apart, 95), apart.max())]


def _differing(one: dict[str, Any], two: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        key: [one.get(key), two.get(key)] for key in (*one, *(two.keys() - one.keys())) if one.get(key) != two.get(key)
    }


def show(result: dict[str, Any], *, as_json: bool) -> None:
    """As JSON in one line, or as a table."""
    if as_json:
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        return
    table = Table("", "")
    for key, value in result.items():
        table.add_row(key, json.dumps(value, indent=1) if isinstance(value, list | dict) else str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
