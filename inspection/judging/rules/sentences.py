"""Words that the rules' sentences share."""

from inspection.values import Defect


def place_of(defect: Defect) -> str:
    """Where a defect lies, to be put behind what was said of it."""
    lane = f", lane {defect.lane}" if defect.lane is not None else ""
    return f" at {defect.md_mm:.1f} mm along and {defect.cd_mm:.1f} mm across the web{lane}"
