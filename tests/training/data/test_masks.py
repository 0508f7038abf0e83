"""Masks in every form that tools write are read by what they mean, or refused."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.training.data.layouts import images_and_masks, images_and_masks_of_kinds, mask_of, mvtec, picture, write
from training.cli import app
from training.data import BrokenItemError, Check, read_data_set
from training.data.mask_file import read_mask
from training.data.survey import survey

SHAPE = (200, 300)
ROUND = cv2.circle(np.zeros(SHAPE, np.uint8), (100, 100), 12, 1, -1).astype(bool)
SCRATCH = cv2.line(np.zeros(SHAPE, np.uint8), (20, 30), (250, 150), 1, 2).astype(bool)
BOTH = ROUND | SCRATCH


def png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


def jpeg(pixels, quality):
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def palette_png(numbers, colours, transparent=()):
    """A PNG of 8-bit numbers with a palette of (red, green, blue); `transparent`: alpha of the first numbers."""

    def part(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = numbers.shape
    rows = b"".join(b"\0" + row.tobytes() for row in numbers.astype(np.uint8))
    parts = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
    parts += part(b"PLTE", bytes(value for colour in colours for value in colour))
    if transparent:
        parts += part(b"tRNS", bytes(transparent))
    return b"\x89PNG\r\n\x1a\n" + parts + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def painted(mask, colour, ground=(0, 0, 0)):
    """(height, width, 3 or 4)"""
    pixels = np.empty((*mask.shape, len(colour)), np.uint8)
    pixels[:] = ground if len(ground) == len(colour) else (*ground, 0)
    pixels[mask] = colour
    return pixels


def smooth(mask):
    """Drawn eight times larger and reduced, as smooth lines are."""
    large = cv2.resize(mask.astype(np.uint8) * 255, None, fx=3, fy=3, interpolation=cv2.INTER_LINEAR)
    return cv2.resize(large, SHAPE[::-1], interpolation=cv2.INTER_AREA)


BLACK, RED, GREEN, WHITE = (0, 0, 0), (255, 0, 0), (0, 255, 0), (255, 255, 255)
UNDERSTOOD = {
    "255 on the object": png(BOTH.astype(np.uint8) * 255),
    "1 on the object": png(BOTH.astype(np.uint8)),
    "65535 on the object": png(BOTH.astype(np.uint16) * 65535),
    "1 of 16 bits": png(BOTH.astype(np.uint16)),
    "256 of 16 bits": png(BOTH.astype(np.uint16) * 256),
    "16 to 235, as video has it": png(np.where(BOTH, 235, 16).astype(np.uint8)),
    "a BMP": cv2.imencode(".bmp", BOTH.astype(np.uint8) * 255)[1].tobytes(),
    "a TIFF": cv2.imencode(".tif", BOTH.astype(np.uint8) * 255)[1].tobytes(),
    "white in colour": png(painted(BOTH, WHITE)),
    "dark red": png(painted(BOTH, (0, 0, 128))),
    "blue": png(painted(BOTH, (255, 0, 0))),
    "red with smooth edges": png(cv2.merge([np.zeros(SHAPE, np.uint8)] * 2 + [smooth(BOTH)])),
    "a palette of black and red": palette_png(BOTH, [BLACK, RED]),
    "a palette with the object first": palette_png(~BOTH, [WHITE, BLACK]),
    "VOC's palette, the third kind": palette_png(BOTH * 3, [BLACK, (128, 0, 0), (0, 128, 0), (128, 128, 0)]),
    "a palette without colours": palette_png(BOTH, [BLACK, BLACK]),
    "a palette of almost black": palette_png(BOTH, [BLACK, (1, 1, 1)]),
    "a palette with a clear ground": palette_png(BOTH, [BLACK, GREEN], [0, 255]),
    "alpha alone": png(painted(BOTH, (0, 0, 0, 255), (0, 0, 0, 0))),
    "alpha alone, half of it": png(painted(BOTH, (255, 255, 255, 128), (255, 255, 255, 0))),
    "colour and alpha": png(painted(BOTH, (0, 0, 255, 255), (0, 0, 0, 0))),
    "colour, and white where it is clear": png(painted(BOTH, (0, 0, 255, 255), (255, 255, 255, 0))),
    "colour, all opaque": png(painted(BOTH, (0, 0, 255, 255), (0, 0, 0, 255))),
    "smooth edges": png(smooth(BOTH)),
    "blurred": png(cv2.GaussianBlur(ROUND.astype(np.uint8) * 255, (0, 0), 1.5)),
    "JPEG of 95": jpeg(BOTH.astype(np.uint8) * 255, 95),
    "JPEG of 75": jpeg(BOTH.astype(np.uint8) * 255, 75),
    "JPEG of 50": jpeg(ROUND.astype(np.uint8) * 255, 50),
    "JPEG in colour": jpeg(painted(ROUND, WHITE), 90),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_a_mask_is_read_by_what_it_means(name, tmp_path):
    path = tmp_path / "mask"
    path.write_bytes(UNDERSTOOD[name])
    mask = read_mask(path, "mask")
    meant = ROUND if name in ("blurred", "JPEG of 50", "JPEG in colour") else BOTH
    shared = np.count_nonzero(mask & meant) / np.count_nonzero(mask | meant)
    is_soft = any(word in name for word in ("smooth", "blurred", "JPEG"))
    assert shared >= (0.85 if is_soft else 1.0), shared


KINDS = ROUND.astype(np.uint8) + 2 * SCRATCH
REFUSED = {
    "inverted": (png(np.where(BOTH, 0, 255).astype(np.uint8)), Check.INVERTED, "white on 9"),
    "inverted, of ones": (png((~BOTH).astype(np.uint8)), Check.INVERTED, "inverted, it seems"),
    "inverted, of 16 bits": (png((~BOTH).astype(np.uint16) * 65535), Check.INVERTED, "inverted"),
    "inverted, with smooth edges": (png(255 - smooth(BOTH)), Check.INVERTED, "inverted"),
    "inverted JPEG": (jpeg(255 - ROUND.astype(np.uint8) * 255, 90), Check.INVERTED, "inverted"),
    "inverted palette": (palette_png(BOTH, [WHITE, BLACK]), Check.INVERTED, "inverted"),
    "clear on the object": (png(painted(BOTH, (0, 0, 0, 0), (0, 0, 0, 255))), Check.INVERTED, "inverted"),
    "all white": (png(np.full(SHAPE, 255, np.uint8)), Check.INVERTED, "white on 100% of the image"),
    "an object at the border, inverted": (png(~mask_of((0, 0, 90, 90), shape=SHAPE)), Check.INVERTED, "inverted"),
    "numbers of kinds": (png(KINDS), Check.MASK_VALUES, "the values 0, 1, 2"),
    "numbers of kinds of 16 bits": (png(KINDS.astype(np.uint16)), Check.MASK_VALUES, "the values 0, 1, 2"),
    "kinds of 100 and 255": (
        png(np.where(ROUND, 100, SCRATCH * 255).astype(np.uint8)),
        Check.MASK_VALUES,
        "0, 100, 255",
    ),
    "kinds of 200 and 255": (
        png(np.where(ROUND, 200, SCRATCH * 255).astype(np.uint8)),
        Check.MASK_VALUES,
        "0, 200, 255",
    ),
    "kinds of 254 and 255": (
        png(np.where(ROUND, 254, SCRATCH * 255).astype(np.uint8)),
        Check.MASK_VALUES,
        "0, 254, 255",
    ),
    "kinds of 20 and 255": (png(np.where(SCRATCH, 20, ROUND * 255).astype(np.uint8)), Check.MASK_VALUES, "0, 20, 255"),
    "a hundred single objects": (
        png(
            sum((number + 1) * mask_of((9 + number, 5, 10 + number, 90), shape=SHAPE, value=1) for number in range(100))
        ),
        Check.MASK_VALUES,
        "0, 1, 2, 3, 4, 5, 6, 7, ...",
    ),
    "kinds in red and green": (
        png(np.where(ROUND[..., None], RED, painted(SCRATCH, GREEN)).astype(np.uint8)),
        Check.MASK_VALUES,
        "several colours",
    ),
    "kinds in red and blue, as JPEG": (
        jpeg(np.where(ROUND[..., None], RED, painted(SCRATCH, (0, 0, 255))).astype(np.uint8), 90),
        Check.MASK_VALUES,
        "several colours",
    ),
    "red on white": (png(painted(BOTH, (0, 0, 255), WHITE)), Check.MASK_VALUES, "several colours"),
    "a palette of kinds": (palette_png(KINDS, [BLACK, RED, GREEN, WHITE]), Check.MASK_VALUES, "several colours"),
    "a palette of kinds without colours": (palette_png(KINDS, [BLACK] * 4), Check.MASK_VALUES, "0, 1, 2"),
    "no black": (
        png(np.where(BOTH, 200, 100).astype(np.uint8)),
        Check.MASK_VALUES,
        "no black: its values reach from 100",
    ),
    "kinds from one on": (png(BOTH.astype(np.uint8) + 1), Check.MASK_VALUES, "no black"),
    "colours that say something else than alpha": (
        png(np.dstack([painted(ROUND, WHITE), SCRATCH.astype(np.uint8) * 255])),
        Check.MASK_VALUES,
        "alpha channel",
    ),
    "the image itself": (png(picture(3, SHAPE)), Check.MASK_VALUES, "no black"),
    "a dark photograph": (
        png(np.random.default_rng(1).integers(0, 120, SHAPE).astype(np.uint8)),
        Check.MASK_VALUES,
        "values",
    ),
    "numbers of 32 bits": (
        cv2.imencode(".tif", BOTH.astype(np.float32))[1].tobytes(),
        Check.UNREADABLE,
        "8 or 16 bits",
    ),
    "nothing at all": (b"", Check.UNREADABLE, "0 bytes"),
    "cut short": (png(BOTH.astype(np.uint8) * 255)[:-60], Check.UNREADABLE, "can't be decoded"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mask_that_can_be_read_in_two_ways_is_refused(name, tmp_path):
    content, check, words = REFUSED[name]
    path = tmp_path / "mask"
    path.write_bytes(content)
    with pytest.raises(BrokenItemError) as caught:
        read_mask(path, "masks/mask")
    assert (caught.value.problem.check, caught.value.problem.name) == (check, "masks/mask")
    assert words in caught.value.problem.what, caught.value.problem.what


def test_a_black_mask_holds_nothing(tmp_path):
    for name, content in {
        "a.png": png(np.zeros(SHAPE, np.uint8)),
        "b.jpg": jpeg(np.zeros(SHAPE, np.uint8), 80),
        "c.png": palette_png(np.zeros(SHAPE), [BLACK, RED]),
        "d.png": png(np.zeros((*SHAPE, 4), np.uint8)),
    }.items():
        (tmp_path / name).write_bytes(content)
        assert not read_mask(tmp_path / name, name).any()


def test_an_object_may_be_large_and_at_the_border(tmp_path):
    for number, box in enumerate(((0, 0, 200, 210), (0, 40, 160, 300), (10, 10, 190, 290))):
        write(tmp_path / f"{number}.png", mask_of(box, shape=SHAPE))
        assert read_mask(tmp_path / f"{number}.png", "m").sum() == (box[2] - box[0]) * (box[3] - box[1])


def test_a_folder_may_say_that_all_of_an_image_is_of_its_kind(tmp_path):
    mvtec(tmp_path)
    write(tmp_path / "ground_truth/spot/000_mask.png", mask_of((0, 0, 48, 64)))
    assert survey(read_data_set(tmp_path)).problems == ()


@pytest.mark.parametrize("make", [images_and_masks, images_and_masks_of_kinds])
def test_an_inverted_mask_makes_no_image_good_and_is_told_once(make, tmp_path):
    make(tmp_path)
    path = sorted(tmp_path.rglob("masks/**/*.png"))[0]
    write(path, 255 * (mask_of((4, 5, 8, 12)) == 0))
    data_set = read_data_set(tmp_path)
    name = path.relative_to(tmp_path).as_posix()
    assert [(each.check, each.name) for each in survey(data_set).problems] == [(Check.INVERTED, name)]
    image = next(item for item in data_set.items if item.path.stem == path.stem)
    assert not image.is_good
    with pytest.raises(BrokenItemError, match="inverted"):
        image.labelled()
    assert CliRunner().invoke(app, ["data", "check", str(tmp_path)]).exit_code == 1


DOUBLES = {
    "two images, one mask": (
        lambda root: write(root / "images/1.jpg", picture(9)),
        ("masks/1.png", "may be that of images/1.jpg and images/1.png"),
    ),
    "one image, two masks": (
        lambda root: write(root / "masks/1_mask.png", mask_of((20, 20, 30, 30))),
        ("images/1.png", "masks/1.png and masks/1_mask.png are masks of one kind"),
    ),
    "one image, two masks in two formats": (
        lambda root: write(root / "masks/1.bmp", mask_of((20, 20, 30, 30))),
        ("images/1.png", "masks/1.bmp and masks/1.png are masks of one kind"),
    ),
}


@pytest.mark.parametrize("name", DOUBLES)
def test_files_that_are_called_the_same_are_named(name, tmp_path):
    spoil, (where, words) = DOUBLES[name]
    images_and_masks(tmp_path)
    spoil(tmp_path)
    found = [each for each in read_data_set(tmp_path).problems if each.check is Check.DOUBLE_NAME]
    assert [each.name for each in found] == [where]
    assert words in found[0].what


def test_a_mask_belongs_to_the_image_of_its_name_whatever_the_capitals_and_accents(tmp_path):
    for image, mask in (("A.PNG", "a.png"), ("Spüle.png", "spu\u0308le_MASK.png"), ("b.png", "b.PNG")):
        write(tmp_path / "images" / image, picture(sum(image.encode())))
        write(tmp_path / "masks" / mask, mask_of((4, 5, 8, 12)))
    data_set = read_data_set(tmp_path)
    assert data_set.problems == ()
    assert [item.kinds for item in data_set.items] == [("defect",)] * 3


def test_names_that_differ_by_capitals_alone_keep_their_own_masks(tmp_path):
    for name, boxes in (("A.png", [(4, 5, 8, 12)]), ("a.png", [])):
        write(tmp_path / "images" / name, picture(len(boxes)))
        write(tmp_path / "masks" / name, mask_of(*boxes))
    data_set = read_data_set(tmp_path)
    assert data_set.problems == ()
    assert {item.name: item.kinds for item in data_set.items} == {"images/A.png": ("defect",), "images/a.png": ()}


def test_masks_in_a_folder_of_labels_are_no_images(tmp_path):
    images_and_masks(tmp_path)
    (tmp_path / "masks").rename(tmp_path / "labels")
    data_set = read_data_set(tmp_path)
    assert data_set.problems == ()
    assert [item.name for item in data_set.items] == ["images/0.png", "images/1.png", "images/2.png"]
    assert data_set.kinds == ("defect",)
