"""The words that everything else speaks: kinds, defects, reasons, decisions, rolls. Frozen values."""

from inspection.values.decision import (
    Artefact,
    Box,
    Candidate,
    Decision,
    Defect,
    Dimension,
    Piece,
    Reason,
    Region,
    Severity,
    Verdict,
    gravest,
    guilty_of,
)

__all__ = [
    "Artefact",
    "Box",
    "Candidate",
    "Decision",
    "Defect",
    "Dimension",
    "Piece",
    "Reason",
    "Region",
    "Severity",
    "Verdict",
    "gravest",
    "guilty_of",
]
