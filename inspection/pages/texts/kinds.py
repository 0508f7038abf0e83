"""The catalogue's kinds by name, in a person's language."""

from inspection.people.person import Language
from inspection.values.kinds import kind_of


def kind_name(code: str, language: Language) -> str:
    """Name of a kind; a code that the catalogue lacks is an unknown object.

    >>> kind_name("E01", Language.ENGLISH), kind_name("E01", Language.FRENCH)
    ('pinhole', 'piqûre')
    """
    kind = kind_of(code)
    return kind.french if language is Language.FRENCH else kind.name
