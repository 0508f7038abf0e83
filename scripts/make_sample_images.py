"""Makes sample_images/ anew from the simulated web: crops round planted objects, with their truth.

Usage: .venv/bin/python scripts/make_sample_images.py
The same program version writes the same images.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from camera.web import Material, PlantedObject, PlantingRate, SimulatedWeb, View, WebSettings
from inspection.recipe import default_recipe
from inspection.scoring import ScoreSheet

FOLDER = Path(__file__).resolve().parents[1] / "sample_images"
SEED = 3_000_000
"""Of the first web, one more for each that follows; not used in training."""
PITCH_UM = 50.0
SEARCH_LINES = 1024
CLEAR_SNR = 30.0


@dataclass(frozen=True, slots=True)
class Crop:
    """Size of the image round an object."""

    width_px: int = 512
    lines: int = 512


CROPS = {"E06": Crop(256, 1152), "E09": Crop(640, 640), "N01": Crop(384, 1280), "N02": Crop(512, 768)}
WANTED: dict[tuple[Material, View], dict[str, int]] = {
    (Material.ANODE, View.BRIGHT_FIELD): {
        "good": 2, "E01": 1, "E04": 1, "E06": 1, "E08": 1, "E09": 1, "E13": 1, "E24": 1,
        "N01": 1, "N02": 1, "N03": 1, "N04": 1,
    },
    (Material.CATHODE, View.BRIGHT_FIELD): {"good": 2, "E01": 1, "E08": 1, "E13": 1, "E24": 1, "E09": 1, "N04": 1},
    (Material.SEPARATOR, View.BRIGHT_FIELD): {"good": 1, "S01": 1, "S04": 1, "S07": 1, "S09": 1, "N03": 1},
    (Material.SEPARATOR, View.BACK_LIGHT): {"good": 1, "S01": 1, "S04": 1, "S07": 1, "S09": 1, "N04": 1},
}  # fmt: skip


def main() -> None:
    """Writes the images and truth.csv."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with (FOLDER / "truth.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["image", "material", "view", "verdict", "kinds"])
        for (material, view), wanted in WANTED.items():
            table.writerows(sorted(make_images(material, view, dict(wanted))))


def make_images(material: Material, view: View, wanted: dict[str, int]) -> Iterator[tuple[str, str, str, str, str]]:
    """Walks along a dense web until every wanted kind was seen clearly and alone."""
    settings = WebSettings(
        material=material,
        view=view,
        severity=PlantingRate.DENSE,
        seed=SEED + list(WANTED).index((material, view)),
        pixel_pitch_um=PITCH_UM,
        kinds=tuple(kind for kind in wanted if kind != "good"),
    )
    web = SimulatedWeb(settings)
    recipe = default_recipe(material.value, view.value)
    sheet = ScoreSheet(recipe, PITCH_UM)
    first_line = 0
    while any(wanted.values()) and first_line < 4_000 * SEARCH_LINES:
        first_line += SEARCH_LINES
        on_block = web.objects(first_line, SEARCH_LINES)
        if not on_block and wanted.get("good"):
            place = (first_line, (settings.width_px - Crop().width_px) // 4)
            yield save(web, "good", wanted, place, Crop(), ())
        for planted in on_block:
            if not wanted.get(planted.kind) or not (planted.is_nuisance or is_clear(planted, sheet)):
                continue
            crop = CROPS.get(planted.kind, Crop())
            top = int(planted.md_mm * 1000 / PITCH_UM) - crop.lines // 2
            left = int(planted.cd_mm * 1000 / PITCH_UM) - crop.width_px // 2
            left = min(max(left, 0), settings.width_px - crop.width_px)
            if top < 0:
                continue
            inside = [p for p in web.objects(top, crop.lines) if overlaps(p, left, crop)]
            if {p.key for p in inside} == {planted.key}:
                yield save(web, planted.kind, wanted, (top, left), crop, (planted,))
    if any(wanted.values()):
        raise SystemExit(f"{material.value} in {view.value}: not found: {wanted}")


def is_clear(planted: PlantedObject, sheet: ScoreSheet) -> bool:
    """Far from every limit of size and visibility, so that the sample's verdict is beyond dispute."""
    smaller = 0.8
    return (
        planted.snr >= CLEAR_SNR
        and sheet.must_be_rejected(planted)
        and sheet.recipe.fits(
            planted.kind,
            diameter_mm=planted.diameter_mm * smaller,
            length_mm=planted.length_mm * smaller,
            width_mm=planted.width_mm * smaller,
            area_mm2=planted.area_mm2 * smaller**2,
            contrast_percent=planted.contrast_percent * smaller,
            pixel_pitch_um=PITCH_UM,
        )
    )


def overlaps(planted: PlantedObject, left: int, crop: Crop) -> bool:
    """Whether a part of the object lies in the crop's columns."""
    return planted.left_px < left + crop.width_px and left < planted.left_px + planted.mask.shape[1]


def save(
    web: SimulatedWeb,
    kind: str,
    wanted: dict[str, int],
    place: tuple[int, int],
    crop: Crop,
    inside: tuple[PlantedObject, ...],
) -> tuple[str, str, str, str, str]:
    """Writes one crop and returns its row of truth.csv."""
    wanted[kind] -= 1
    top, left = place
    settings = web.settings
    name = f"{settings.material.value}-{settings.view.value}-{kind}-{wanted[kind] + 1}.png"
    pixels = web.render(top, crop.lines)[:, left : left + crop.width_px]
    if not cv2.imwrite(str(FOLDER / name), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise SystemExit(f"{FOLDER / name}: could not be written")
    verdict = "reject" if any(not p.is_nuisance for p in inside) else "accept"
    return name, settings.material.value, settings.view.value, verdict, " ".join(p.kind for p in inside)


if __name__ == "__main__":
    main()
