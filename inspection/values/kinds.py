"""The catalogue: every kind of object that the station has a word for.

Codes and severities follow the numbers note of the domain (tables 2.1 and 2.2); limits are the recipe's.
"""

from dataclasses import dataclass
from enum import StrEnum

from inspection.values import Severity


class Shape(StrEnum):
    """How an object of this kind is traced at full resolution."""

    BLOB = "blob"
    """Compact; parts that lie apart are objects of their own."""
    LINE = "line"
    """Thin, often broken; its parts are one object."""
    STREAK = "streak"
    """Along the machine direction and faint: seen only when columns are averaged."""
    DIMENSION = "dimension"
    """A matter of edges, tabs or periods: for gauging, no network finds it in one place."""
    NUISANCE = "nuisance"
    """No defect: its place is enough."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the catalogue."""

    code: str
    name: str
    severity: Severity
    shape: Shape
    text: str
    """One line for a person: what it is and where it comes from."""

    @property
    def is_relief(self) -> bool:
        """Raised or dented with a smooth slope: bright on the flank that faces the light, dark on the other."""
        return self.code in _RELIEFS

    @property
    def is_faint(self) -> bool:
        """Large and hardly darker than the web: a part of it looks like nothing."""
        return self.code in _FAINT

    @property
    def is_column(self) -> bool:
        """Of the camera, not of the web: it lies in every line."""
        return self.code in _COLUMNS


_RELIEFS = ("E02", "E03", "S02")
_FAINT = ("E24",)
_COLUMNS = ("N06", "N07", "N08")
_ALL = (
    Kind("E01", "pinhole", Severity.S2, Shape.BLOB, "hole in the coating that shows foil: air or dewetting"),
    Kind("E02", "blister", Severity.S2, Shape.BLOB, "closed bubble, raised: the skin dried first"),
    Kind(
        "E03",
        "crater",
        Severity.S2,
        Shape.BLOB,
        "dent that does not reach the foil: burst bubble or a particle pulled out",
    ),
    Kind("E04", "agglomerate", Severity.S2, Shape.BLOB, "lump in the coating: mixing or filter"),
    Kind("E05", "splash", Severity.S3, Shape.BLOB, "drop with a sharp rim: start-up or die lip"),
    Kind("E06", "streak", Severity.S2, Shape.STREAK, "thin coat along the web: particle in the die lip"),
    Kind("E07", "uncoated stripe", Severity.S2, Shape.STREAK, "foil laid bare along the web: blocked die lip"),
    Kind("E08", "bare spot", Severity.S2, Shape.BLOB, "foil laid bare: dewetting or delamination"),
    Kind("E09", "scratch", Severity.S3, Shape.LINE, "scratch in the coating: rollers or handling"),
    Kind("E10", "scratch to the foil", Severity.S2, Shape.LINE, "scratch through the coating: rollers or handling"),
    Kind(
        "E11",
        "cracks",
        Severity.S2,
        Shape.LINE,
        "net or row of cracks: dried too fast, coat too thick, rollers too narrow",
    ),
    Kind(
        "E12",
        "flake-off",
        Severity.S1,
        Shape.BLOB,
        "coating torn off the foil; a loose flake may lie near: poor binder, cutting",
    ),
    Kind("E13", "metal particle", Severity.S1, Shape.BLOB, "metal on the web: slitting, welding or wear"),
    Kind("E14", "particle", Severity.S3, Shape.BLOB, "dust or another particle that is no metal: environment"),
    Kind("E15", "fibre", Severity.S2, Shape.LINE, "fibre or hair on the electrode: clothing, filter or wipes"),
    Kind(
        "E16",
        "wavy coating edge",
        Severity.S2,
        Shape.DIMENSION,
        "edge of the coating runs in waves: die edge, viscosity",
    ),
    Kind(
        "E17",
        "heavy edge",
        Severity.S3,
        Shape.STREAK,
        "bead along the coating's edge: edge flow; its height needs a thickness gauge",
    ),
    Kind("E18", "chipped edge", Severity.S1, Shape.BLOB, "coating broken out at a cut: knife or laser"),
    Kind(
        "E19", "wrinkle", Severity.S3, Shape.BLOB, "waves in the foil: tension, or the calender at the coating's border"
    ),
    Kind("E20", "fold", Severity.S1, Shape.LINE, "web folded over itself: web handling"),
    Kind(
        "E21",
        "roll imprint",
        Severity.S3,
        Shape.BLOB,
        "mark that comes again with a roll's circumference: dirt on the roll",
    ),
    Kind("E22", "chatter", Severity.S3, Shape.DIMENSION, "bars across the web at an even pitch: calender or pump"),
    Kind("E23", "start or stop tail", Severity.S2, Shape.BLOB, "ragged end of a coated patch: skip valve"),
    Kind("E24", "stain", Severity.S2, Shape.BLOB, "oil, water or electrolyte: bearings or drops"),
    Kind("E25", "mottle", Severity.S4, Shape.BLOB, "patchy colour: drying nozzles or binder that moved"),
    Kind("E26", "hole", Severity.S1, Shape.BLOB, "hole or tear through the foil: handling"),
    Kind(
        "E27",
        "burr",
        Severity.S1,
        Shape.BLOB,
        "spike on a cut edge; a top view sees only what stands out sideways: worn knife",
    ),
    Kind("E28", "bent tab", Severity.S1, Shape.DIMENSION, "tab bent or folded: notching or gripping"),
    Kind("E29", "torn tab", Severity.S1, Shape.DIMENSION, "tab torn, short or missing: notching"),
    Kind("E30", "corner fold", Severity.S1, Shape.DIMENSION, "dog-ear of a sheet: gripping"),
    Kind("E31", "missing corner", Severity.S2, Shape.DIMENSION, "piece broken off a sheet's corner or edge: cutting"),
    Kind("E32", "insulation void", Severity.S1, Shape.BLOB, "gap in the ceramic stripe beside the coating: edge die"),
    Kind("E33", "loose powder", Severity.S2, Shape.BLOB, "coating dust on the bare foil: slitting or laser"),
    Kind("S01", "separator pinhole", Severity.S1, Shape.BLOB, "hole through the film: gel tear or particle"),
    Kind("S02", "gel", Severity.S2, Shape.BLOB, "unmelted resin, a lens in the film: fish eye"),
    Kind("S03", "thin spot", Severity.S2, Shape.BLOB, "film stretched thin"),
    Kind("S04", "coating void", Severity.S2, Shape.BLOB, "ceramic missing: dewetting or a blocked gravure cell"),
    Kind("S05", "coating streak", Severity.S2, Shape.STREAK, "ceramic thin or missing along the web: gravure or blade"),
    Kind("S06", "coating lump", Severity.S2, Shape.BLOB, "thick spot of ceramic: slurry"),
    Kind("S07", "metal particle", Severity.S1, Shape.BLOB, "metal on the separator: wear or slitting"),
    Kind("S08", "black spot", Severity.S1, Shape.BLOB, "insect or carbon: environment or die"),
    Kind("S09", "fibre", Severity.S2, Shape.LINE, "fibre or hair on the separator: clothing, filter or wipes"),
    Kind("S10", "wrinkle", Severity.S3, Shape.BLOB, "waves in the film: tension"),
    Kind("S11", "crease", Severity.S1, Shape.LINE, "film folded over itself: winding"),
    Kind("S12", "scratch", Severity.S2, Shape.LINE, "scratch in the film or its coating: roller"),
    Kind("S13", "oil spot", Severity.S2, Shape.BLOB, "pores filled with oil, so that the film turns clear"),
    Kind("S14", "wavy edge", Severity.S3, Shape.DIMENSION, "slack edge of a slit lane: slit tension"),
    Kind("S15", "misplaced coating", Severity.S2, Shape.DIMENSION, "coating's edge off its place: guiding"),
    Kind("S16", "torn edge", Severity.S1, Shape.BLOB, "tear, nick or thread at a cut edge: knife"),
    Kind("N01", "splice tape", Severity.N, Shape.NUISANCE, "tape that joins two rolls"),
    Kind("N02", "edge mark", Severity.N, Shape.NUISANCE, "mark or label at the edge"),
    Kind("N03", "code", Severity.N, Shape.NUISANCE, "printed or lasered code"),
    Kind("N04", "ink dot", Severity.N, Shape.NUISANCE, "ink of a marker"),
    Kind("N05", "shadow", Severity.N, Shape.NUISANCE, "shadow of an insect or a part off the web"),
    Kind("N06", "camera seam", Severity.N, Shape.NUISANCE, "where the fields of two cameras meet"),
    Kind(
        "N07",
        "flat-field column",
        Severity.N,
        Shape.NUISANCE,
        "column that the correction leaves too bright or too dark",
    ),
    Kind("N08", "dust on the lens", Severity.N, Shape.NUISANCE, "columns darkened by dust on lens or sensor window"),
    Kind("N09", "web end", Severity.N, Shape.NUISANCE, "leader or end of the web"),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _ALL}
"""By code, in the catalogue's order."""


def kind_of(code: str) -> Kind:
    """The catalogue's entry; a code that it lacks is an unknown object, judged as the gravest.

    >>> kind_of("E01").name
    'pinhole'
    >>> kind_of("X99").severity
    <Severity.S1: 'S1'>
    """
    return KINDS.get(code) or Kind(
        code, "unknown object", Severity.S1, Shape.BLOB, "a kind that the catalogue does not have"
    )


def is_nuisance(code: str) -> bool:
    """No defect, whatever its size.

    >>> is_nuisance("N01"), is_nuisance("E01")
    (True, False)
    """
    return kind_of(code).shape is Shape.NUISANCE
