"""How wrong a score map is. Focal terms as in CornerNet (Law and Deng 2018, eq. 1), normalised by objects."""

import torch
from torch import Tensor
from torch.nn import functional

_FOCUS = 1.5


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
