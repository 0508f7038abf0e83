"""Random numbers with an address: the same place on the web gets the same number, whoever asks and when."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)


def hashed(seed: int, index: NDArray[np.int64]) -> NDArray[np.uint64]:
    """64 random bits for each index (SplitMix64, Steele et al. 2014).

    >>> int(hashed(1, np.array([5]))[0]) == int(hashed(1, np.array([4, 5]))[1])
    True
    """
    start = np.uint64((seed * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D) % 2**64)
    bits = index.astype(np.uint64) * _STEP + start
    bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
    bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
    return bits ^ (bits >> np.uint64(31))


def uniform(seed: int, index: NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in 0..1 for each index.

    >>> bool(0.0 <= uniform(3, np.array([2**40]))[0] < 1.0)
    True
    """
    return np.asarray((hashed(seed, index) >> np.uint64(11)).astype(np.float64) / 2.0**53)


def normal(seed: int, index: NDArray[np.int64]) -> NDArray[np.float64]:
    """A number of mean 0 and deviation 1 for each index: the sum of four uniform ones, so within +-3.5.

    >>> bool(abs(normal(3, np.arange(20_000)).std() - 1.0) < 0.02)
    True
    """
    bits = hashed(seed, index)
    total = np.zeros(bits.shape)
    for shift in (0, 16, 32, 48):
        total += ((bits >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64)
    return np.asarray((total / 65536.0 - 2.0) * np.sqrt(3.0))


def smooth(seed: int, position: NDArray[np.floating]) -> NDArray[np.float64]:
    """A continuous random function of deviation 1, whose values at whole positions are independent.

    >>> a, b = smooth(7, np.array([11.999999, 12.000001]))
    >>> bool(abs(a - b) < 1e-3)
    True
    """
    knot = np.floor(position)
    fraction = position - knot
    turn = fraction * fraction * (3.0 - 2.0 * fraction) * (np.pi / 2.0)
    index = knot.astype(np.int64)
    first, last = int(index.min()), int(index.max())
    if last - first < index.size:
        table = _table(seed, first, last + 2)
        before, after = table[index - first], table[index - first + 1]
    else:
        before, after = normal(seed, index), normal(seed, index + 1)
    return np.asarray(np.cos(turn) * before + np.sin(turn) * after)


@lru_cache(maxsize=128)
def _table(seed: int, first: int, end: int) -> NDArray[np.float64]:
    """`normal` for the indices from `first` to before `end`. Who draws a web asks again and again for the same few."""
    return normal(seed, np.arange(first, end))
