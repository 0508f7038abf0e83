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
from inspection.quality.score_sheet import ScoreSheet
from inspection.recipe.recipe import default_recipe

FOLDER = Path(__file__).resolve().parents[1] / "sample_images"
SEED = 3_000_000
"""Seed of the first web, one more for each that follows; not used in training."""
PITCH_UM = 50.0
SEARCH_LINES = 1024
CLEAR_SNR = 30.0


@dataclass(frozen=True, slots=True)
class Crop:
    """Size of the image round an object."""

    width_px: int = 512
    lines: int = 512


CROPS = {
    "E06": Crop(256, 1152), "E07": Crop(256, 1152), "E09": Crop(640, 640), "E10": Crop(640, 640),
    "S05": Crop(256, 1152), "N01": Crop(384, 1280), "N02": Crop(512, 768),
}  # fmt: skip
WANTED: dict[tuple[Material, View], dict[str, int]] = {
    (Material.ANODE, View.BRIGHT_FIELD): {
        "good": 2, "E01": 1, "E02": 1, "E03": 1, "E04": 1, "E05": 1, "E06": 1, "E07": 1, "E08": 1, "E09": 1, "E10": 1,
        "E12": 1, "E13": 1, "E15": 1, "E24": 1, "E26": 1, "N01": 1, "N02": 1, "N03": 1, "N04": 1,
    },
    (Material.CATHODE, View.BRIGHT_FIELD): {"good": 2, "E01": 1, "E08": 1, "E13": 1, "E24": 1, "E09": 1, "N04": 1},
    (Material.SEPARATOR, View.BRIGHT_FIELD): {
        "good": 1, "S01": 1, "S02": 1, "S04": 1, "S05": 1, "S06": 1, "S07": 1, "S08": 1, "S09": 1, "S13": 1, "N03": 1,
    },
    (Material.SEPARATOR, View.BACK_LIGHT): {"good": 1, "S01": 1, "S04": 1, "S07": 1, "S09": 1, "N04": 1},
}  # fmt: skip
OTHERS = FOLDER / "other-looks"
OTHER_LOOKS: dict[tuple[Material, View], dict[str, int]] = {
    (Material.ANODE, View.DARK_FIELD): {"E04": 1, "E09": 1, "E13": 1},
    (Material.CATHODE, View.DARK_FIELD): {"E03": 1, "E13": 1},
    (Material.ANODE_UNCALENDERED, View.BRIGHT_FIELD): {"good": 1, "E01": 1, "E05": 1},
    (Material.CATHODE_LFP, View.BRIGHT_FIELD): {"good": 1, "E08": 1, "E11": 1},
    (Material.SEPARATOR_TWO_SIDES, View.BRIGHT_FIELD): {"good": 1, "S06": 1},
    (Material.SEPARATOR_TWO_SIDES, View.BACK_LIGHT): {"S01": 1},
    (Material.BASE_FILM, View.BRIGHT_FIELD): {"good": 1, "S08": 1},
    (Material.BASE_FILM, View.BACK_LIGHT): {"S02": 1, "S01": 1},
}  # fmt: skip
"""No model and no recipe is shipped for these: for eyes, and for data sets of one's own."""
RECIPE_OF = {
    Material.ANODE_UNCALENDERED: Material.ANODE,
    Material.CATHODE_LFP: Material.CATHODE,
    Material.SEPARATOR_TWO_SIDES: Material.SEPARATOR,
    Material.BASE_FILM: Material.SEPARATOR,
}
"""Whose limits tell what must be rejected."""


def main() -> None:
    """Writes both folders."""
    make_folder(FOLDER, WANTED, SEED)
    make_folder(OTHERS, OTHER_LOOKS, SEED + len(WANTED))


def make_folder(folder: Path, looks: dict[tuple[Material, View], dict[str, int]], seed: int) -> None:
    """Writes the images and truth.csv."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with (folder / "truth.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["image", "material", "view", "verdict", "kinds"])
        for number, ((material, view), wanted) in enumerate(looks.items()):
            table.writerows(sorted(make_images(folder, material, view, dict(wanted), seed + number)))


def make_images(
    folder: Path, material: Material, view: View, wanted: dict[str, int], seed: int
) -> Iterator[tuple[str, str, str, str, str]]:
    """Walks along a dense web until every wanted kind was seen clearly and alone."""
    settings = WebSettings(
        material=material,
        view=view,
        severity=PlantingRate.DENSE,
        seed=seed,
        pixel_pitch_um=PITCH_UM,
        kinds=tuple(kind for kind in wanted if kind != "good"),
    )
    web = SimulatedWeb(settings)
    limits_of = RECIPE_OF.get(material, material)
    # Limits don't depend on the light, but dark-field has no recipe of its own.
    recipe = default_recipe(limits_of.value, (View.BRIGHT_FIELD if view is View.DARK_FIELD else view).value)
    sheet = ScoreSheet(recipe, PITCH_UM)
    first_line = 0
    while any(wanted.values()) and first_line < 4_000 * SEARCH_LINES:
        first_line += SEARCH_LINES
        on_block = web.objects(first_line, SEARCH_LINES)
        if not on_block and wanted.get("good"):
            place = (first_line, (settings.width_px - Crop().width_px) // 4)
            yield save(folder, web, "good", wanted, place, Crop(), ())
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
                yield save(folder, web, planted.kind, wanted, (top, left), crop, (planted,))
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
    folder: Path,
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
    if not cv2.imwrite(str(folder / name), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise SystemExit(f"{folder / name}: could not be written")
    verdict = "reject" if any(not p.is_nuisance for p in inside) else "accept"
    return name, settings.material.value, settings.view.value, verdict, " ".join(p.kind for p in inside)


if __name__ == "__main__":
    main()
