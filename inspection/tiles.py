"""How a frame is cut into tiles that fit the processor's cache, and how far they overlap."""

from dataclasses import dataclass

CORE_HEIGHT_PX = 1024
CORE_WIDTH_PX = 1024


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Tiles of one shape that cover a frame; each sees `halo_px` beyond the core that it answers for."""

    core_height_px: int
    core_width_px: int
    rows: int
    columns: int
    halo_px: int

    @property
    def tile_shape(self) -> tuple[int, int]:
        """(height, width) of a tile with its halo."""
        return self.core_height_px + 2 * self.halo_px, self.core_width_px + 2 * self.halo_px

    @property
    def corners(self) -> list[tuple[int, int]]:
        """(top, left) of each core in the frame; of each tile in a frame padded by `halo_px`."""
        return [
            (row * self.core_height_px, column * self.core_width_px)
            for row in range(self.rows)
            for column in range(self.columns)
        ]


def tile_grid(height_px: int, width_px: int, *, multiple_px: int, halo_px: int) -> TileGrid:
    """Tiles about as large as a core should be, with as little waste as possible.

    Core and halo are multiples of `multiple_px`, so that strides fall alike in all tiles.

    >>> tile_grid(1024, 2048, multiple_px=32, halo_px=40)
    TileGrid(core_height_px=1024, core_width_px=1024, rows=1, columns=2, halo_px=64)
    """

    def cut(size_px: int, usual_px: int) -> tuple[int, int]:
        parts = max(1, round(size_px / usual_px))
        return _round_up(-(-size_px // parts), multiple_px), parts

    core_height, rows = cut(height_px, CORE_HEIGHT_PX)
    core_width, columns = cut(width_px, CORE_WIDTH_PX)
    return TileGrid(core_height, core_width, rows, columns, _round_up(halo_px, multiple_px))


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
