"""The catalogue's kinds by name: English ones are the catalogue's own."""

from inspection.people.registry import Language
from inspection.values.kinds import kind_of

FRENCH: dict[str, str] = {
    "E01": "piqûre",
    "E02": "cloque",
    "E03": "cratère",
    "E04": "agglomérat",
    "E05": "éclaboussure",
    "E06": "strie",
    "E07": "raie non enduite",
    "E08": "zone nue",
    "E09": "rayure",
    "E10": "rayure jusqu'à la feuille",
    "E11": "fissures",
    "E12": "écaillage",
    "E13": "particule métallique",
    "E14": "particule",
    "E15": "fibre",
    "E16": "bord d'enduction ondulé",
    "E17": "surépaisseur de bord",
    "E18": "bord ébréché",
    "E19": "pli ondulé",
    "E20": "pli rabattu",
    "E21": "empreinte de rouleau",
    "E22": "broutage",
    "E23": "traînée de début ou de fin",
    "E24": "tache",
    "E25": "marbrure",
    "E26": "trou",
    "E27": "bavure",
    "E28": "languette pliée",
    "E29": "languette déchirée",
    "E30": "coin corné",
    "E31": "coin manquant",
    "E32": "manque d'isolant",
    "E33": "poudre libre",
    "S01": "piqûre du séparateur",
    "S02": "gel",
    "S03": "amincissement",
    "S04": "manque d'enduction",
    "S05": "strie d'enduction",
    "S06": "surépaisseur d'enduction",
    "S07": "particule métallique",
    "S08": "point noir",
    "S09": "fibre",
    "S10": "pli ondulé",
    "S11": "pli marqué",
    "S12": "rayure",
    "S13": "tache d'huile",
    "S14": "bord ondulé",
    "S15": "enduction décalée",
    "S16": "bord déchiré",
    "N01": "ruban de raccord",
    "N02": "repère de bord",
    "N03": "code",
    "N04": "point d'encre",
    "N05": "ombre",
    "N06": "raccord de caméras",
    "N07": "colonne de correction",
    "N08": "poussière sur l'objectif",
    "N09": "fin de bande",
}


def kind_name(code: str, language: Language) -> str:
    """A kind's name; an unknown code says so itself.

    >>> kind_name("E01", Language.ENGLISH), kind_name("E01", Language.FRENCH)
    ('pinhole', 'piqûre')
    """
    if language is Language.FRENCH and code in FRENCH:
        return FRENCH[code]
    return kind_of(code).name
