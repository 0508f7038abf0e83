"""What folders of data sets are called."""

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_YEAR = "0123456789"
GOOD_FOLDERS = frozenset({"good", "ok", "normal"})
MASK_FOLDERS = frozenset(
    {"ground_truth", "ground-truth", "groundtruth", "gt", "masks", "mask", "labels", "annotations"}
)
IMAGE_FOLDERS = frozenset({"images", "image"})
MASK_ENDINGS = ("_mask", "_gt")
"""What mask names may have more than image names."""


def split_of(name: str) -> str:
    """The split that a folder's name means, empty for none.

    >>> split_of("val2017"), split_of("Train"), split_of("scratches")
    ('validation', 'train', '')
    """
    return _SPLITS.get(name.lower().rstrip(_YEAR), "")


def without_ending(stem: str) -> str:
    """The image's name that a mask's name means.

    >>> without_ending("000_mask"), without_ending("000_GT")
    ('000', '000')
    """
    return next((stem[: -len(ending)] for ending in MASK_ENDINGS if stem.lower().endswith(ending)), stem)
