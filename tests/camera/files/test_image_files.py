"""Image files: what is damaged, missing, doubled or too large is never a picture, whatever decoders make of it."""

import os
import socket
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from camera.errors import UnexpectedImage, UnreadableImage
from camera.files.image_file import read_image
from camera.files.image_form import WantedImage
from camera.files.lzw import unpacked_bytes

TIFF, PREDICTOR = cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_PREDICTOR
FORMS = {
    "png": (".png", []),
    "deflate": (".tif", [TIFF, 8]),
    "lzw": (".tif", [TIFF, 5]),
    "jpeg": (".jpg", []),
    "progressive": (".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
    "restarts": (".jpg", [cv2.IMWRITE_JPEG_RST_INTERVAL, 10]),
    "tiff": (".tif", [TIFF, 1]),
    "bmp": (".bmp", []),
}
WITH_CHECKSUM, LOSSLESS_BARE = ("png", "deflate"), ("tiff", "bmp")


def web(shape: tuple[int, int] = (256, 320), seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    slope = np.linspace(70, 110, shape[1])
    return (slope + random.normal(0, 3, shape)).clip(0, 255).astype(np.uint8)


def content_of(image: np.ndarray, form: str = "png") -> bytes:
    suffix, options = FORMS[form]
    return cv2.imencode(suffix, image, options)[1].tobytes()


WEB = web()
CONTENTS = {form: content_of(WEB, form) for form in FORMS}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images") / "web.img"


def read(file: Path, content: bytes, **wanted) -> np.ndarray:
    file.write_bytes(content)
    return read_image(file, WantedImage(**wanted))


def read_or_none(file: Path, content: bytes) -> np.ndarray | None:
    try:
        return read(file, content)
    except UnreadableImage:
        return None


# What was damaged


@pytest.mark.parametrize("form", FORMS)
def test_a_sound_file_is_read_as_it_was_written(file: Path, form: str):
    pixels = read(file, CONTENTS[form])
    assert pixels.dtype == np.uint8
    if FORMS[form][0] == ".jpg":
        assert np.abs(pixels.astype(int) - WEB).max() < 20
    else:
        assert np.array_equal(pixels, WEB)


HOLE = st.tuples(st.floats(0, 1), st.integers(1, 4000), st.sampled_from(["zeros", "random", "ones"]), st.integers(0, 9))


def spoilt(content: bytes, hole: tuple[float, int, str, int]) -> bytes:
    place, length, fill, seed = hole
    length = min(length, len(content))
    at = int(place * (len(content) - length))
    random = np.random.default_rng(seed).bytes(length)
    part = {"zeros": bytes(length), "ones": b"\xff" * length, "random": random}[fill]
    return content[:at] + part + content[at + length :]


@given(st.sampled_from(WITH_CHECKSUM), HOLE)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_a_checksum_not_a_byte_can_change_the_picture(file: Path, form: str, hole):
    pixels = read_or_none(file, spoilt(CONTENTS[form], hole))
    assert pixels is None or np.array_equal(pixels, WEB)


@given(st.sampled_from([f for f in FORMS if f not in (*WITH_CHECKSUM, *LOSSLESS_BARE)]), HOLE)
@example("progressive", (0.5, 1000, "zeros", 0))
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_without_a_checksum_a_hole_of_some_hundred_bytes_gives_itself_away(file: Path, form: str, hole):
    place, length, fill, seed = hole
    content = spoilt(CONTENTS[form], (place, max(length, 600), fill, seed))
    pixels = read_or_none(file, content)
    assert pixels is None or np.array_equal(pixels, read(file, CONTENTS[form]))


@given(st.sampled_from(LOSSLESS_BARE), HOLE)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_a_bare_format_what_changes_is_no_more_than_what_was_spoilt(file: Path, form: str, hole):
    pixels = read_or_none(file, spoilt(CONTENTS[form], hole))
    if pixels is not None and pixels.shape == WEB.shape:
        assert np.count_nonzero(pixels != WEB) <= hole[1]


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM"]), st.data()
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_is_a_picture_or_unreadable_and_nothing_else(file: Path, start: bytes, data):
    read_or_none(file, start + data.draw(st.binary(max_size=400)))


@pytest.mark.slow
@given(st.sampled_from(list(FORMS)), st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=4))))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nor_does_a_spoilt_header_end_anything(file: Path, form: str, changes):
    content = bytearray(CONTENTS[form])
    for at, part in changes:
        content[at : at + len(part)] = part
    read_or_none(file, bytes(content))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, packed: bytes, *, bits: int = 8, colour: int = 0, before: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def packed_lines(image: np.ndarray) -> bytes:
    return zlib.compress(b"".join(b"\0" + line.tobytes() for line in image))


DAMAGED_PNG = {
    "fewer lines than its header says": png(320, 300, packed_lines(WEB)),
    "packed data that stops": png(320, 256, packed_lines(WEB)[:-900]),
    "packed data without its checksum": png(320, 256, packed_lines(WEB)[:-4]),
    "no data": png(320, 256, b""),
    "a filter that does not exist": png(320, 256, zlib.compress(b"\7" + bytes(320) + bytes(321 * 255))),
    "a part with another checksum": CONTENTS["png"].replace(b"IEND\xaeB", b"IEND\xaeC"),
}


@pytest.mark.parametrize("what", DAMAGED_PNG)
def test_a_png_with(file: Path, what: str):
    with pytest.raises(UnreadableImage, match="damaged"):
        read(file, DAMAGED_PNG[what])
    assert np.array_equal(read(file, png(320, 256, packed_lines(WEB))), WEB)


def without_scan(content: bytes, number: int) -> bytes:
    starts = [at for at in range(len(content) - 1) if content[at : at + 2] == b"\xff\xda"]
    ends = [*starts[1:], len(content) - 2]
    # Tables between two scans go with the one before.
    return content[: starts[number]] + content[ends[number] :]


def taller(content: bytes, by: int) -> bytes:
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + (int.from_bytes(content[at : at + 2], "big") + by).to_bytes(2, "big") + content[at + 2 :]


def without_restart(content: bytes) -> bytes:
    at = content.index(b"\xff\xd3")
    return content[:at] + content[at + 2 :]


DAMAGED_JPEG = {
    "more lines in its header than in its data": taller(CONTENTS["jpeg"], 64),
    "a restart mark missing": without_restart(CONTENTS["restarts"]),
    "restart marks out of order": CONTENTS["restarts"].replace(b"\xff\xd3", b"\xff\xd5", 1),
    "the last scan missing": without_scan(CONTENTS["progressive"], -1),
    "a scan in the middle missing": without_scan(CONTENTS["progressive"], 2),
    "its only scan missing": without_scan(CONTENTS["jpeg"], 0),
    "a part of its data gone": CONTENTS["jpeg"][:3000] + CONTENTS["jpeg"][4000:],
    "a file system's zeros in it": CONTENTS["jpeg"][:4096] + bytes(512) + CONTENTS["jpeg"][4608:],
}


def test_a_hole_of_a_file_systems_zeros_in_a_progressive_jpeg_is_told(file: Path):
    # The decoder takes zeros for codes: in a good part of these places it has no complaint.
    content = content_of(web((512, 512)), "progressive")
    for at in range(1024, len(content) - 2200, 512):
        assert read_or_none(file, content[:at] + bytes(2048) + content[at + 2048 :]) is None


@pytest.mark.parametrize("what", DAMAGED_JPEG)
def test_a_jpeg_with(file: Path, what: str):
    with pytest.raises(UnreadableImage, match="damaged"):
        read(file, DAMAGED_JPEG[what])


# TIFF, built by hand


def tiff(image: np.ndarray, *, big: bool = False, order: str = "<", rows: int = 100, **changes) -> bytes:
    """An uncompressed TIFF in strips; `changes`: other fields (`f273=(...)`), `more`: pages behind, `strips`: data."""
    strips = changes.pop("strips", None)
    pages = changes.pop("pages", 1)
    if strips is None:
        data = image.astype(image.dtype.newbyteorder(order))
        strips = [data[at : at + rows].tobytes() for at in range(0, image.shape[0], rows)]
    start = 16 if big else 8
    offsets = list(start + np.cumsum([0, *(len(s) for s in strips)])[:-1])
    fields = {
        256: (image.shape[1],),
        257: (image.shape[0],),
        258: (image.dtype.itemsize * 8,),
        259: (1,),
        262: (1,),
        273: offsets,
        277: (1,),
        278: (rows,),
        279: [len(s) for s in strips],
    }
    fields |= {int(name[1:]): value for name, value in changes.items()}
    fields = {tag: value for tag, value in sorted(fields.items()) if value is not None}
    data = b"".join(strips)
    body, outside = b"", b""
    directory = start + len(data)
    number, count, entry = ("Q", "Q", 20) if big else ("I", "H", 12)
    after = directory + struct.calcsize("<" + count) + entry * len(fields) + (8 if big else 4)
    room = 8 if big else 4
    for tag, values in fields.items():
        packed = struct.pack(f"{order}{len(values)}I", *map(int, values))
        if len(packed) > room:
            where = struct.pack(order + number, after + len(outside))
            outside += packed
        else:
            where = packed.ljust(room, b"\0")
        body += struct.pack(order + "HH" + number, tag, 4, len(values)) + where
    end = after + len(outside)
    link = struct.pack(order + number, end if pages > 1 else 0)
    sign = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    sign += struct.pack(order + "HHQ", 8, 0, directory) if big else struct.pack(order + "I", directory)
    content = sign + data + struct.pack(order + count, len(fields)) + body + link + outside
    for page in range(2, pages + 1):
        end += struct.calcsize("<" + count) + entry + room
        content += struct.pack(order + count, 1) + struct.pack(order + "HH" + number, 256, 4, 1) + bytes(room)
        content += struct.pack(order + number, end if page < pages else 0)
    return content


@pytest.mark.parametrize("big", [False, True], ids=["classic", "big"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big-endian"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiffs_of_every_byte_order_are_read(file: Path, big: bool, order: str, dtype: type):
    image = web().astype(dtype) * (200 if dtype is np.uint16 else 1)
    image = image.astype(dtype)
    assert np.array_equal(read(file, tiff(image, big=big, order=order)), image)


IMAGE_STRIPS = [WEB[at : at + 100].tobytes() for at in range(0, 256, 100)]
DAMAGED_TIFF = {
    "a strip that was never written": tiff(WEB, f273=(8, 0, 64008), f279=(32000, 0, 17920)),
    "a strip of no length": tiff(WEB, f279=(32000, 0, 17920)),
    "a strip that ends early": tiff(WEB, strips=[IMAGE_STRIPS[0], IMAGE_STRIPS[1][:-500], IMAGE_STRIPS[2]]),
    "a packed strip that ends early": tiff(
        WEB, f259=(8,), strips=[zlib.compress(IMAGE_STRIPS[0][:-500]), *map(zlib.compress, IMAGE_STRIPS[1:])]
    ),
    "a packed strip without its checksum": tiff(
        WEB, f259=(8,), strips=[zlib.compress(IMAGE_STRIPS[0])[:-4], *map(zlib.compress, IMAGE_STRIPS[1:])]
    ),
    "two strips for three": tiff(WEB, f273=(8, 32008)),
    "more lengths than strips": tiff(WEB, f279=(32000, 32000, 17920, 5)),
    "no strips": tiff(WEB, f273=None, f279=None),
    "no lengths": tiff(WEB, f279=None),
    "strips over each other": tiff(WEB, f273=(8, 8, 8)),
    "strips beyond its end": tiff(WEB, f273=(8, 32008, 80000)),
    "strips of no lines": tiff(WEB, f278=(0,)),
    "no width": tiff(WEB, f256=None),
    "a width of nothing": tiff(WEB, f256=(0,)),
    "two widths": tiff(WEB, f256=(320, 320)),
}


@pytest.mark.parametrize("what", DAMAGED_TIFF)
def test_a_tiff_with(file: Path, what: str):
    with pytest.raises(UnreadableImage, match=r"damaged|never written|truncated"):
        read(file, DAMAGED_TIFF[what])


OTHERWISE_STORED = {
    "white as 0": tiff(WEB, f262=(0,)),
    "a palette": tiff(WEB, f262=(3,)),
    "turned": tiff(WEB, f274=(6,)),
    "signed": tiff(WEB, f339=(2,)),
    "bits reversed": tiff(WEB, f266=(2,)),
    "PackBits": tiff(WEB, f259=(32773,)),
    "JPEG inside": tiff(WEB, f259=(7,)),
    "a float's predictor": tiff(WEB, f259=(8,), f317=(3,)),
    "one bit": tiff(WEB, f258=(1,)),
    "tiles far larger than the picture": tiff(
        WEB, f322=(60000,), f323=(60000,), f324=(8,), f325=(1000,), f273=None, f279=None
    ),
}


@pytest.mark.parametrize("what", OTHERWISE_STORED)
def test_a_tiff_whose_greys_would_be_read_as_others_is_refused_with(file: Path, what: str):
    with pytest.raises(UnreadableImage, match=r"save it|expected|far larger"):
        read(file, OTHERWISE_STORED[what])


def test_tiles_are_read_and_a_missing_one_is_told(file: Path):
    image = web((128, 160))
    tiles = [image[r : r + 64, c : c + 80] for r in (0, 64) for c in (0, 80)]
    fields = {"f322": (80,), "f323": (64,), "f273": None, "f279": None, "f278": None}
    strips = [tile.tobytes() for tile in tiles]
    offsets, lengths = (8, 5128, 10248, 15368), (5120,) * 4
    assert np.array_equal(read(file, tiff(image, strips=strips, f324=offsets, f325=lengths, **fields)), image)
    with pytest.raises(UnreadableImage, match="1 of its 4 strips or tiles were never written"):
        read(file, tiff(image, strips=strips, f324=(8, 0, 10248, 15368), f325=lengths, **fields))


def test_pages_that_lead_in_a_circle_are_told(file: Path):
    content = bytearray(tiff(WEB, pages=2))
    content[-4:] = content[4:8]
    with pytest.raises(UnreadableImage, match="lead back to each other"):
        read(file, bytes(content))


def slow_lzw(packed: bytes) -> bytes:
    """The textbook's decoder (TIFF 6.0, page 61), one code after the other."""
    bits = int.from_bytes(packed, "big")
    left, width = len(packed) * 8, 9
    table: list[bytes] = []
    out, before = b"", b""
    while left >= width:
        left -= width
        code = bits >> left & (1 << width) - 1
        if code == 257:
            break
        if code == 256:
            table, width, before = [bytes([n]) for n in range(256)] + [b"", b""], 9, b""
            continue
        text = table[code] if code < len(table) else before + before[:1]
        out += text
        if before:
            table.append(before + text[:1])
        before = text
        width = 9 if len(table) < 511 else 10 if len(table) < 1023 else 11 if len(table) < 2047 else 12
    return out


@pytest.mark.parametrize("seed", range(4))
def test_the_length_of_an_lzw_strip_is_what_the_textbook_unpacks(seed: int):
    noise = np.random.default_rng(seed)
    image = (noise.integers(0, 255, (80, 200)) // (1, 8, 60, 300)[seed]).astype(np.uint8)
    content = cv2.imencode(".tif", image, [TIFF, 5, PREDICTOR, 1, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 80])[1].tobytes()
    at = int.from_bytes(content[4:8], "little")
    fields = {}
    for entry in range(int.from_bytes(content[at : at + 2], "little")):
        tag, _, _, value = struct.unpack_from("<HHII", content, at + 2 + 12 * entry)
        fields[tag] = value
    strip = content[fields[273] : fields[273] + fields[279]]
    unpacked = slow_lzw(strip)
    assert unpacked == image.tobytes()
    assert unpacked_bytes(strip, 10**6) == len(unpacked)


# Several pictures


def two_frames_animated() -> bytes:
    return png(320, 256, packed_lines(WEB), before=chunk(b"acTL", struct.pack(">II", 2, 0)))


def multi_picture_jpeg() -> bytes:
    index = b"MPF\0" + b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 0xB001, 4, 1, 3) + bytes(4)
    content = CONTENTS["jpeg"]
    return content[:2] + b"\xff\xe2" + struct.pack(">H", 2 + len(index)) + index + content[2:]


SEVERAL = {
    "TIFF": (tiff(WEB, pages=3), 3),
    "BigTIFF": (tiff(WEB, pages=2, big=True, order=">"), 2),
    "TIFF inside a page": (tiff(WEB, f330=(8, 8)), 3),
    "TIFF as OpenCV writes it": (cv2.imencodemulti(".tif", [WEB, WEB, WEB])[1].tobytes(), 3),
    "animated PNG": (two_frames_animated(), 2),
    "PNG behind PNG": (CONTENTS["png"] * 2, 2),
    "JPEG behind JPEG": (CONTENTS["jpeg"] * 3, 3),
    "multi-picture JPEG": (multi_picture_jpeg(), 3),
}


@pytest.mark.parametrize("what", SEVERAL)
def test_a_file_of_several_pictures_is_refused_with_their_count(file: Path, what: str):
    content, pictures = SEVERAL[what]
    with pytest.raises(UnreadableImage, match=rf"{pictures} pictures, expected 1; none was looked at"):
        read(file, content)


@pytest.mark.parametrize("form", ["png", "jpeg", "progressive", "bmp"])
@pytest.mark.parametrize("behind", [b"exposure=40us", b"\0" * 40, b"\xff\xd9\xff"])
def test_what_a_camera_writes_behind_a_picture_does_no_harm(file: Path, form: str, behind: bytes):
    assert np.array_equal(read(file, CONTENTS[form] + behind), read(file, CONTENTS[form]))


# Size and depth

TOO_LARGE = {
    "png": png(30_000, 30_000, zlib.compress(bytes(1000))),
    "tall": png(256, 4_000_000, zlib.compress(bytes(1000))),
    "tiff": tiff(WEB, f256=(60_000,), f257=(60_000,)),
    "jpeg": taller(CONTENTS["jpeg"], 65_000),
    "bmp": CONTENTS["bmp"][:18] + struct.pack("<ii", 60_000, -60_000) + CONTENTS["bmp"][26:],
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_an_image_that_would_be_too_large_is_not_decoded(file: Path, what: str):
    file.write_bytes(TOO_LARGE[what])
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableImage, match="million pixels; it was not decoded"):
            read_image(file, WantedImage(max_mpx=16))
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def test_a_file_larger_than_any_wanted_image_is_not_read(file: Path):
    with file.open("wb") as large:
        large.write(CONTENTS["png"])
        large.truncate(200_000_000)
    with pytest.raises(UnreadableImage, match="has 200 MB, expected at most 17 MB; it was not read"):
        read_image(file, WantedImage(max_mpx=0.1))


def test_an_image_of_another_size_or_depth_is_not_decoded(file: Path):
    broken_data = png(320, 256, b"no pixels at all")
    with pytest.raises(UnexpectedImage, match="320 px wide with 8 bits a pixel, expected 640 px"):
        read(file, broken_data, width_px=640, bits=8)
    with pytest.raises(UnexpectedImage, match="expected 320 px and 16 bits"):
        read(file, broken_data, width_px=320, bits=16)


def test_pixels_that_a_sensor_of_the_stated_depth_cannot_deliver_are_refused(file: Path):
    deep = web().astype(np.uint16) * 16
    assert np.array_equal(read(file, content_of(deep), bit_depth=12), deep)
    with pytest.raises(UnexpectedImage, match="expected at most 1023 with a bit depth of 10"):
        read(file, content_of(deep), bit_depth=10)
    with pytest.raises(UnexpectedImage, match="has 8 bits a pixel, expected 12"):
        read(file, content_of(web()), bit_depth=12)


@pytest.mark.parametrize("colour", [2, 3, 4, 6])
def test_colour_and_transparency_are_refused(file: Path, colour: int):
    with pytest.raises(UnreadableImage, match="expected a grey image with 1; save it as greyscale"):
        read(file, png(8, 8, b"", colour=colour))


# BMP


def test_a_bmp_is_read_from_either_end_and_with_any_width(file: Path):
    for width in (64, 65, 66, 67):
        image = web((40, width))
        content = content_of(image, "bmp")
        assert np.array_equal(read(file, content), image)
        upside_down = content[:22] + struct.pack("<i", -40) + content[26:]
        assert np.array_equal(read(file, upside_down), image[::-1])


def test_a_bmp_cut_short_with_other_greys_or_with_colours_is_refused(file: Path):
    content = CONTENTS["bmp"]
    with pytest.raises(UnreadableImage, match="truncated after"):
        read(file, content[:-1])
    with pytest.raises(UnreadableImage, match="palette that is not the 256 grey values"):
        read(file, content[:54] + content[54:1078][::-1] + content[1078:])
    with pytest.raises(UnreadableImage, match="3 colour channels"):
        read(file, cv2.imencode(".bmp", np.zeros((8, 8, 3), np.uint8))[1].tobytes())


# What is no file, or none yet


def test_nothing_that_could_wait_for_somebody_is_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket.png"))
        for name, what in {"pipe": "is a pipe", "folder": "is a folder", "socket": "is a socket"}.items():
            with pytest.raises(UnreadableImage, match=f"{name}.png: {what}, expected a file"):
                read_image(tmp_path / f"{name}.png")
    with pytest.raises(UnreadableImage, match=r"dangling.png: can't be read"):
        read_image(tmp_path / "dangling.png")


def test_a_link_is_followed_only_where_that_is_meant(tmp_path: Path):
    (tmp_path / "real").write_bytes(CONTENTS["png"])
    (tmp_path / "link.png").symlink_to(tmp_path / "real")
    assert np.array_equal(read_image(tmp_path / "link.png"), WEB)
    with pytest.raises(UnreadableImage, match=r"link.png: is a link, expected a file"):
        read_image(tmp_path / "link.png", follow_links=False)


def test_a_file_that_was_set_aside_but_not_filled_is_unreadable(file: Path):
    content = tiff(web((512, 1024)))
    with file.open("wb") as sparse:
        sparse.write(content[:8])
        sparse.seek(400_000)
        sparse.write(content[400_000:])
    if file.stat().st_blocks * 512 >= file.stat().st_size:
        pytest.skip("this file system keeps no holes")
    with pytest.raises(UnreadableImage, match="nothing was written from byte"):
        read_image(file)


def test_the_strict_decoder_and_the_usual_one_agree_on_sound_pictures(file: Path):
    for form in ("jpeg", "progressive", "restarts"):
        usual = cv2.imdecode(np.frombuffer(CONTENTS[form], np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(read(file, CONTENTS[form]), usual)
