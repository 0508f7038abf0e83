"""The catalogue: every kind of object that the station has a word for, a row each.

Models, recipes, reviews and pages take a kind's codes, names and traits from here; docs/how-to/add-a-kind.md shows how
one is added. Codes and severities follow docs/numbers.md (tables 2.1 and 2.2); limits are the recipe's.
"""

from dataclasses import dataclass
from enum import StrEnum

from inspection.values import Severity


class Shape(StrEnum):
    """How an object of this kind is traced at full resolution."""

    BLOB = "blob"
    """Compact; parts that lie apart are objects of their own."""
    THIN = "thin"
    """Thin, often broken; its parts are one object."""
    STREAK = "streak"
    """Along the machine direction and faint: seen only when columns are averaged."""
    DIMENSION = "dimension"
    """A matter of edges, tabs or periods: for gauging, no network finds it in one place."""
    NUISANCE = "nuisance"
    """No defect: its place is enough."""


class Judged(StrEnum):
    """Where objects of a kind are judged."""

    COATED_LANE = "coated lane"
    """On a coated lane and its borders, by a model that sees every pixel of it."""
    CUT_EDGE = "cut edge"
    """At cut edges, patch ends and ceramic stripes, of which a camera on coated lanes sees none."""
    DIMENSION = "dimension"
    """By a gauge of edges, tabs or periods."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the catalogue. Raises ValueError for a dimension that something else than a gauge has to judge."""

    code: str
    """A letter for where it lies (E electrodes, S separators, N either, and no defect) and a number."""
    name: str
    french: str
    """The name in French."""
    severity: Severity
    shape: Shape
    text: str
    """One line for a person: what it is and where it comes from."""
    judged: Judged = Judged.COATED_LANE
    is_relief: bool = False
    """Raised or dented with a smooth slope: bright on the flank that faces the light, dark on the other."""
    is_faint: bool = False
    """Large and hardly darker than the web: a part of it looks like nothing."""
    is_column: bool = False
    """A mark of the camera, not of the web: it lies in every line."""

    def __post_init__(self) -> None:
        """What a gauge measures has no shape to trace, and nothing else has none."""
        if (self.shape is Shape.DIMENSION) != (self.judged is Judged.DIMENSION):
            raise ValueError(
                f"{self.code}: Shape.DIMENSION goes with Judged.DIMENSION; got {self.shape} and {self.judged}"
            )


_ALL = (
    Kind("E01", "pinhole", "piqûre", Severity.S2, Shape.BLOB,
         "hole in the coating that shows foil: air or dewetting"),
    Kind("E02", "blister", "cloque", Severity.S2, Shape.BLOB,
         "closed bubble, raised: the skin dried first", is_relief=True),
    Kind("E03", "crater", "cratère", Severity.S2, Shape.BLOB,
         "dent that does not reach the foil: burst bubble or a particle pulled out", is_relief=True),
    Kind("E04", "agglomerate", "agglomérat", Severity.S2, Shape.BLOB, "lump in the coating: mixing or filter"),
    Kind("E05", "splash", "éclaboussure", Severity.S3, Shape.BLOB, "drop with a sharp rim: start-up or die lip"),
    Kind("E06", "streak", "strie", Severity.S2, Shape.STREAK, "thin coat along the web: particle in the die lip"),
    Kind("E07", "uncoated stripe", "raie non enduite", Severity.S2, Shape.STREAK,
         "foil laid bare along the web: blocked die lip"),
    Kind("E08", "bare spot", "zone nue", Severity.S2, Shape.BLOB, "foil laid bare: dewetting or delamination"),
    Kind("E09", "scratch", "rayure", Severity.S3, Shape.THIN, "scratch in the coating: rollers or handling"),
    Kind("E10", "scratch to the foil", "rayure jusqu'à la feuille", Severity.S2, Shape.THIN,
         "scratch through the coating: rollers or handling"),
    Kind("E11", "cracks", "fissures", Severity.S2, Shape.THIN,
         "net or row of cracks: dried too fast, coat too thick, rollers too narrow"),
    Kind("E12", "flake-off", "écaillage", Severity.S1, Shape.BLOB,
         "coating torn off the foil; a loose flake may lie near: poor binder, cutting"),
    Kind("E13", "metal particle", "particule métallique", Severity.S1, Shape.BLOB,
         "metal on the web: slitting, welding or wear"),
    Kind("E14", "particle", "particule", Severity.S3, Shape.BLOB,
         "dust or another particle that is no metal: environment"),
    Kind("E15", "fibre", "fibre", Severity.S2, Shape.THIN,
         "fibre or hair on the electrode: clothing, filter or wipes"),
    Kind("E16", "wavy coating edge", "bord d'enduction ondulé", Severity.S2, Shape.DIMENSION,
         "edge of the coating runs in waves: die edge, viscosity", judged=Judged.DIMENSION),
    Kind("E17", "heavy edge", "surépaisseur de bord", Severity.S3, Shape.STREAK,
         "bead along the coating's edge: edge flow; its height needs a thickness gauge"),
    Kind("E18", "chipped edge", "bord ébréché", Severity.S1, Shape.BLOB,
         "coating broken out at a cut: knife or laser", judged=Judged.CUT_EDGE),
    Kind("E19", "wrinkle", "pli ondulé", Severity.S3, Shape.BLOB,
         "waves in the foil: tension, or the calender at the coating's border"),
    Kind("E20", "fold", "pli rabattu", Severity.S1, Shape.THIN, "web folded over itself: web handling"),
    Kind("E21", "roll imprint", "empreinte de rouleau", Severity.S3, Shape.BLOB,
         "mark that comes again with a roll's circumference: dirt on the roll"),
    Kind("E22", "chatter", "broutage", Severity.S3, Shape.DIMENSION,
         "bars across the web at an even pitch: calender or pump", judged=Judged.DIMENSION),
    Kind("E23", "start or stop tail", "traînée de début ou de fin", Severity.S2, Shape.BLOB,
         "ragged end of a coated patch: skip valve", judged=Judged.CUT_EDGE),
    Kind("E24", "stain", "tache", Severity.S2, Shape.BLOB,
         "oil, water or electrolyte: bearings or drops", is_faint=True),
    Kind("E25", "mottle", "marbrure", Severity.S4, Shape.BLOB, "patchy colour: drying nozzles or binder that moved"),
    Kind("E26", "hole", "trou", Severity.S1, Shape.BLOB, "hole or tear through the foil: handling"),
    Kind("E27", "burr", "bavure", Severity.S1, Shape.BLOB,
         "spike on a cut edge; a top view sees only what stands out sideways: worn knife", judged=Judged.CUT_EDGE),
    Kind("E28", "bent tab", "languette pliée", Severity.S1, Shape.DIMENSION,
         "tab bent or folded: notching or gripping", judged=Judged.DIMENSION),
    Kind("E29", "torn tab", "languette déchirée", Severity.S1, Shape.DIMENSION,
         "tab torn, short or missing: notching", judged=Judged.DIMENSION),
    Kind("E30", "corner fold", "coin corné", Severity.S1, Shape.DIMENSION,
         "dog-ear of a sheet: gripping", judged=Judged.DIMENSION),
    Kind("E31", "missing corner", "coin manquant", Severity.S2, Shape.DIMENSION,
         "piece broken off a sheet's corner or edge: cutting", judged=Judged.DIMENSION),
    Kind("E32", "insulation void", "manque d'isolant", Severity.S1, Shape.BLOB,
         "gap in the ceramic stripe beside the coating: edge die", judged=Judged.CUT_EDGE),
    Kind("E33", "loose powder", "poudre libre", Severity.S2, Shape.BLOB,
         "coating dust on the bare foil: slitting or laser"),
    Kind("S01", "separator pinhole", "piqûre du séparateur", Severity.S1, Shape.BLOB,
         "hole through the film: gel tear or particle"),
    Kind("S02", "gel", "gel", Severity.S2, Shape.BLOB,
         "unmelted resin, a lens in the film: fish eye", is_relief=True),
    Kind("S03", "thin spot", "amincissement", Severity.S2, Shape.BLOB, "film stretched thin"),
    Kind("S04", "coating void", "manque d'enduction", Severity.S2, Shape.BLOB,
         "ceramic missing: dewetting or a blocked gravure cell"),
    Kind("S05", "coating streak", "strie d'enduction", Severity.S2, Shape.STREAK,
         "ceramic thin or missing along the web: gravure or blade"),
    Kind("S06", "coating lump", "surépaisseur d'enduction", Severity.S2, Shape.BLOB, "thick spot of ceramic: slurry"),
    Kind("S07", "metal particle", "particule métallique", Severity.S1, Shape.BLOB,
         "metal on the separator: wear or slitting"),
    Kind("S08", "black spot", "point noir", Severity.S1, Shape.BLOB, "insect or carbon: environment or die"),
    Kind("S09", "fibre", "fibre", Severity.S2, Shape.THIN,
         "fibre or hair on the separator: clothing, filter or wipes"),
    Kind("S10", "wrinkle", "pli ondulé", Severity.S3, Shape.BLOB, "waves in the film: tension"),
    Kind("S11", "crease", "pli marqué", Severity.S1, Shape.THIN, "film folded over itself: winding"),
    Kind("S12", "scratch", "rayure", Severity.S2, Shape.THIN, "scratch in the film or its coating: roller"),
    Kind("S13", "oil spot", "tache d'huile", Severity.S2, Shape.BLOB,
         "pores filled with oil, so that the film turns clear"),
    Kind("S14", "wavy edge", "bord ondulé", Severity.S3, Shape.DIMENSION,
         "slack edge of a slit lane: slit tension", judged=Judged.DIMENSION),
    Kind("S15", "misplaced coating", "enduction décalée", Severity.S2, Shape.DIMENSION,
         "coating's edge off its place: guiding", judged=Judged.DIMENSION),
    Kind("S16", "torn edge", "bord déchiré", Severity.S1, Shape.BLOB,
         "tear, nick or thread at a cut edge: knife", judged=Judged.CUT_EDGE),
    Kind("N01", "splice tape", "ruban de raccord", Severity.N, Shape.NUISANCE, "tape that joins two rolls"),
    Kind("N02", "edge mark", "repère de bord", Severity.N, Shape.NUISANCE, "mark or label at the edge"),
    Kind("N03", "code", "code", Severity.N, Shape.NUISANCE, "printed or lasered code"),
    Kind("N04", "ink dot", "point d'encre", Severity.N, Shape.NUISANCE, "ink of a marker"),
    Kind("N05", "shadow", "ombre", Severity.N, Shape.NUISANCE, "shadow of an insect or a part off the web"),
    Kind("N06", "camera seam", "raccord de caméras", Severity.N, Shape.NUISANCE,
         "where the fields of two cameras meet", is_column=True),
    Kind("N07", "flat-field column", "colonne de correction", Severity.N, Shape.NUISANCE,
         "column that the correction leaves too bright or too dark", is_column=True),
    Kind("N08", "dust on the lens", "poussière sur l'objectif", Severity.N, Shape.NUISANCE,
         "columns darkened by dust on lens or sensor window", is_column=True),
    Kind("N09", "web end", "fin de bande", Severity.N, Shape.NUISANCE, "leader or end of the web"),
)  # fmt: skip

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
        code, "unknown object", "objet inconnu", Severity.S1, Shape.BLOB, "a kind that the catalogue does not have"
    )


def is_nuisance(code: str) -> bool:
    """No defect, whatever its size.

    >>> is_nuisance("N01"), is_nuisance("E01")
    (True, False)
    """
    return kind_of(code).shape is Shape.NUISANCE
