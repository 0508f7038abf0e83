"""How wrong a score map is: focal terms as in CornerNet (Law and Deng 2018, eq. 1), overlap as in V-Net (Milletari et
al. 2016, eq. 1).
"""

import torch
from torch import Tensor
from torch.nn import functional

_FOCUS = 1.5
_CELL_WEIGHT = 3.0
_IMAGE_WEIGHT = 0.5
_BATCH_WEIGHT = 0.5


def focal_loss(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """(N, kinds, rows, columns) each; `weight` 0 leaves a cell out. A scalar: the mean over the batch's images.

    Easy cells fade with the square of the remaining error, so that the few cells that look like a defect and are
    none count, not the thousands of plain ones.

    >>> empty, sure = torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), -9.0)
    >>> bool(focal_loss(sure, empty, torch.ones_like(empty)) < 1e-6)
    True
    """
    miss = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    scores = torch.sigmoid(logits)
    error = torch.where(wanted > 0.5, 1.0 - scores, scores)
    return (miss * error**_FOCUS * weight).sum() / logits.shape[0]


def outline_loss(logits: Tensor, share: Tensor, is_asked: Tensor) -> Tensor:
    """logits, share of the cell that is covered: (N, kinds, rows, columns); is_asked: (N, 1, rows, columns) 0 or 1.

    Cell by cell the cross entropy; of each kind on each image, and of each kind in the batch, one minus the overlap
    (Dice), in which a small object counts as much as a large one.

    >>> share, asked = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    >>> share[0, 0, 0, 0] = 1.0
    >>> bool(outline_loss(20.0 * share - 10.0, share, asked) < 0.01 < outline_loss(10.0 - 20.0 * share, share, asked))
    True
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, share, reduction="none")
    scores = torch.sigmoid(logits)
    both = (scores * share * is_asked).sum((2, 3))
    all_of_both = ((scores + share) * is_asked).sum((2, 3))
    is_there = ((share * is_asked).sum((2, 3)) > 0.0).float()
    on_images = ((1.0 - _overlap(both, all_of_both)) * is_there).sum() / is_there.sum().clamp(min=1.0)
    in_batch = (1.0 - _overlap(both.sum(0), all_of_both.sum(0))).mean()
    return _CELL_WEIGHT * (entropy * is_asked).mean() + _IMAGE_WEIGHT * on_images + _BATCH_WEIGHT * in_batch


def resemblance_loss(given: Tensor, wanted: Tensor, whitening: Tensor) -> Tensor:
    """Features (N, channels, rows, columns) each; `whitening` (channels, channels) weighs what varies little as highly
    as what varies much. The mean square of their whitened difference.

    >>> features = torch.ones(1, 2, 3, 3)
    >>> float(resemblance_loss(features, torch.zeros(1, 2, 3, 3), 2.0 * torch.eye(2)))
    4.0
    """
    return ((given - wanted).movedim(1, -1) @ whitening.T).square().mean()


def _overlap(both: Tensor, all_of_both: Tensor) -> Tensor:
    """Dice, 1 where nothing is there and nothing was said."""
    return (2.0 * both + 1.0) / (all_of_both + 1.0)
