"""Small data sets on disk, in every layout."""

import json
import shutil

import cv2
import numpy as np
import pytest

from training.data.run_lengths import encode_mask

HEIGHT, WIDTH = 48, 64
REAL = ("magnetic-tile", "steel-surface")


def picture(seed, shape=(HEIGHT, WIDTH)):
    """Texture that no other seed has."""
    return np.random.default_rng(seed).integers(80, 121, shape).astype(np.uint8)


def mask_of(*boxes, shape=(HEIGHT, WIDTH), value=255):
    """Boxes are (top, left, bottom, right)."""
    mask = np.zeros(shape, np.uint8)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = value
    return mask


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def mvtec(root, ending="_mask"):
    for number in range(3):
        write(root / f"train/good/{number:03}.png", picture(number))
    write(root / "test/good/000.png", picture(10))
    for number, kind in enumerate(("crack", "spot")):
        write(root / f"test/{kind}/000.png", picture(20 + number))
        write(root / f"ground_truth/{kind}/000{ending}.png", mask_of((4, 5, 8, 12 + number)))


def mask_folders(root):
    for split, count in (("train", 4), ("test", 2)):
        for kind in ("crack", "spot"):
            for number in range(count):
                stem = f"{kind}-{split}-{number}"
                write(root / f"{split}/{kind}/{stem}.png", picture(sum(stem.encode()) + number))
                write(root / f"ground_truth/{split}/{kind}/{stem}.png", mask_of((4, 5, 8, 12), (20, 30, 26, 34)))


def images_and_masks(root):
    for number in range(3):
        write(root / f"images/{number}.png", picture(number))
        write(root / f"masks/{number}.png", mask_of(*([(4, 5, 8, 12)] if number else [])))


def images_and_masks_of_kinds(root):
    write(root / "val/images/a.jpg", picture(1))
    write(root / "val/masks/crack/a.png", mask_of((4, 5, 8, 12), value=1))
    write(root / "val/masks/spot/a.png", mask_of((20, 30, 26, 34), value=1))


def kind_folders(root):
    write(root / "good/a.png", picture(1))
    write(root / "crack/b.bmp", picture(2))


def coco_images(*more, count=2):
    return [
        {"id": number, "file_name": f"{number}.png", "width": WIDTH, "height": HEIGHT} for number in range(count)
    ] + list(more)


def coco_annotation(number=1, image=1, category=7, **drawn):
    return {"id": number, "image_id": image, "category_id": category, "iscrowd": 0, **drawn}


RUNS = encode_mask(np.ones((4, 7), bool), 4, 5, (HEIGHT, WIDTH)).model_dump(mode="json")


def coco(root, annotations=None, images=None, file="truth.json", folder="", **more):
    """Two images, the second of which has a crack, unless told otherwise."""
    images = coco_images() if images is None else images
    for entry in images:
        write(root / folder / entry["file_name"], picture(entry["id"]))
    content = {
        "images": images,
        "categories": [{"id": 7, "name": "crack"}, {"id": 8, "name": "spot"}],
        "annotations": [coco_annotation(segmentation=RUNS)] if annotations is None else annotations,
    } | more
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return content


def copy(source, target):
    shutil.copytree(source, target)
    return target


def real(name, rootpath):
    """A folder of photographs beside the project; skips where there is none."""
    folder = rootpath.resolve().parent / "shared/data" / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return folder
