"""The catalogue: one file for each family of objects, one row here for each kind."""

from camera.web.figure import Kind
from camera.web.kinds.agglomerate import E04
from camera.web.kinds.bare_spot import E08
from camera.web.kinds.coating_void import S04
from camera.web.kinds.code import N03
from camera.web.kinds.edge_mark import N02
from camera.web.kinds.fibre import S09
from camera.web.kinds.hole import S01
from camera.web.kinds.ink import N04
from camera.web.kinds.metal import E13, S07
from camera.web.kinds.pinhole import E01
from camera.web.kinds.scratch import E09
from camera.web.kinds.stain import E24
from camera.web.kinds.streak import E06
from camera.web.kinds.tape import N01

KINDS: tuple[Kind, ...] = (E01, E04, E06, E08, E09, E13, E24, S01, S04, S07, S09, N01, N02, N03, N04)

__all__ = ["KINDS"]
