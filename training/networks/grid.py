"""How the map of scores lies on the image; who only counts cells needs no PyTorch."""

STRIDE_PX = 8
"""Height and width of a cell of the map."""
MULTIPLE_PX = 16
"""Height and width of the input are multiples of this."""
