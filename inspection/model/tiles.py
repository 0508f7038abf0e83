"""How a frame is cut into tiles that fit the processor's cache, and how far they overlap."""

from dataclasses import dataclass

CORE_HEIGHT_PX = 1024
CORE_WIDTH_PX = 1024


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Tiles that cover a frame padded by `border_px`; each sees `halo_px` beyond the core that it answers for, as far
    as the padded frame reaches.
    """

    core_height_px: int
    core_width_px: int
    rows: int
    columns: int
    halo_px: int
    border_px: int

    @property
    def height_px(self) -> int:
        """Height of all cores together."""
        return self.rows * self.core_height_px

    @property
    def width_px(self) -> int:
        """Width of all cores together."""
        return self.columns * self.core_width_px

    @property
    def corners(self) -> list[tuple[int, int]]:
        """(top, left) of each core in the frame."""
        return [
            (row * self.core_height_px, column * self.core_width_px)
            for row in range(self.rows)
            for column in range(self.columns)
        ]

    def window(self, top: int, left: int) -> tuple[slice, slice]:
        """(rows, columns) in the padded frame of the tile whose core has this corner."""
        return self._reach(top, self.core_height_px, self.height_px), self._reach(
            left, self.core_width_px, self.width_px
        )

    def _reach(self, start: int, core: int, size: int) -> slice:
        first = start + self.border_px - self.halo_px
        return slice(max(0, first), min(size + 2 * self.border_px, first + core + 2 * self.halo_px))


def tile_grid(
    height_px: int, width_px: int, *, multiple_px: int, halo_px: int, border_px: int | None = None
) -> TileGrid:
    """Tiles about as large as a core should be, with as little waste as possible.

    Core, halo and border are multiples of `multiple_px`, so that strides fall alike in all tiles. `border_px`: how far
    the frame is padded; None: as the halo.

    >>> tile_grid(1024, 2048, multiple_px=32, halo_px=40)
    TileGrid(core_height_px=1024, core_width_px=1024, rows=1, columns=2, halo_px=64, border_px=64)
    """

    def cut(size_px: int, usual_px: int) -> tuple[int, int]:
        parts = max(1, round(size_px / usual_px))
        return _round_up(-(-size_px // parts), multiple_px), parts

    core_height, rows = cut(height_px, CORE_HEIGHT_PX)
    core_width, columns = cut(width_px, CORE_WIDTH_PX)
    halo = _round_up(halo_px, multiple_px)
    border = halo if border_px is None else _round_up(border_px, multiple_px)
    return TileGrid(core_height, core_width, rows, columns, halo, border)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
