"""Data sets: images with their labels, in the layouts in which plants and labelling tools have them.

`read_data_set(folder)` finds out the layout by itself:

**coco** (COCO's object detection format: boxes, polygons, run lengths, packed or not):

    DIR/truth.json, DIR/*.png                                    `training synth`, frozen reviews (training.data.coco)
    DIR/ANY.json, DIR/images/…                                   or the JSON in DIR/annotations/
    DIR/train/_annotations.coco.json, DIR/train/*.jpg            a file for each split

**mvtec** (as MVTec AD has it):

    DIR/train/good/*.png
    DIR/test/good/*.png, DIR/test/KIND/*.png
    DIR/ground_truth/KIND/*.png                                  named as the image, or NAME_mask.png

**mask-folders** (every split has its masks):

    DIR/SPLIT/KIND/*.png
    DIR/ground_truth/SPLIT/KIND/*.png                            or without SPLIT/ in both

**images-and-masks** (side by side; the masks say what is good):

    DIR/images/*.png, DIR/masks/*.png                            one kind, called `defect`
    DIR/images/*.png, DIR/masks/KIND/*.png                       a mask for each kind that is on the image
    with SPLIT/ above or below images/ and masks/, where there are splits

**kind-folders** (no masks: what is on the image is known, not where):

    DIR/good/*.png, DIR/KIND/*.png                               with or without SPLIT/ above

SPLIT is train, validation (val, valid) or test. A folder `good` (ok, normal) holds what shows no defect; in COCO an
image without a mark is good, if all that its file says was understood. Masks are black, and of any one brightness or
colour on the object (`training.data.mask_file` has the forms); each connected region becomes a label. Deeper folders
name the **group** (SPLIT/KIND/GROUP and images/GROUP): the roll, batch or whatever must not be torn apart by a split.
A table `groups.csv` in DIR, with the columns `image` (its path inside DIR) and `group`, says it where folders do not.

Images have 8 bits; colour becomes grey. They are read one by one when somebody asks, so that a set may be larger than
the memory. A set is identified by the SHA-256 of its content, wherever it lies.
"""

from training.data.item import DataSet, Item
from training.data.problem import BrokenItemError, Check, Problem
from training.data.reading import read_data_set
from training.data.splitting import split

__all__ = ["BrokenItemError", "Check", "DataSet", "Item", "Problem", "read_data_set", "split"]
