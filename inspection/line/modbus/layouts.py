"""Where the blocks lie: our own map, and the one that In-Sight cameras have in common."""

from collections.abc import Mapping
from types import MappingProxyType

from inspection.line.modbus.blocks import ASKED, CAMERA_STATUS, CONTROL, INPUT, OUTPUT, RESULT, STATUS
from inspection.line.modbus.registers import Layout, Place

STATION = Layout(
    "station",
    "Our own map. `status` and `result` lie side by side: one request for 120 registers from 0 on reads both, and what "
    "it reads belongs together.",
    (
        Place(STATUS, holding=0, inputs=0),
        Place(RESULT, holding=50, inputs=50),
        Place(ASKED, holding=1000, is_written=True),
    ),
)
IN_SIGHT = Layout(
    "in-sight",
    "Laid out like the map that In-Sight cameras have in common, so that function blocks written for these need little "
    "change.",
    (
        Place(CONTROL, holding=0, bits=0, is_written=True),
        Place(CAMERA_STATUS, holding=5000, inputs=0, bits=0),
        Place(INPUT, holding=2000, is_written=True),
        Place(OUTPUT, holding=7000, inputs=2000),
        Place(STATUS, holding=8000, inputs=3000),
    ),
)
LAYOUTS: Mapping[str, Layout] = MappingProxyType({layout.name: layout for layout in (STATION, IN_SIGHT)})
"""By the name that the settings use."""
