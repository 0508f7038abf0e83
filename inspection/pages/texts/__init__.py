"""What the pages say, in English and French: one typed catalogue. A text missing in a language is a type error."""

from dataclasses import dataclass

from inspection.pages.texts import (
    alarms,
    archive,
    change,
    decision,
    doors,
    frame,
    line,
    login,
    models,
    people,
    recipes,
    review,
    rolls,
    shift,
    statistics,
)
from inspection.pages.texts.typography import french_texts
from inspection.people.person import Language


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of a language, by page."""

    language: Language
    frame: frame.FrameTexts
    login: login.LoginTexts
    line: line.LineTexts
    alarms: alarms.AlarmTexts
    review: review.ReviewTexts
    rolls: rolls.RollsTexts
    statistics: statistics.StatisticsTexts
    shift: shift.ShiftTexts
    archive: archive.ArchiveTexts
    decision: decision.DecisionTexts
    people: people.PeopleTexts
    models: models.ModelTexts
    recipes: recipes.RecipeTexts
    change: change.ChangeTexts
    doors: doors.DoorTexts


_TEXTS = {
    Language.ENGLISH: Texts(
        Language.ENGLISH,
        frame.ENGLISH,
        login.ENGLISH,
        line.ENGLISH,
        alarms.ENGLISH,
        review.ENGLISH,
        rolls.ENGLISH,
        statistics.ENGLISH,
        shift.ENGLISH,
        archive.ENGLISH,
        decision.ENGLISH,
        people.ENGLISH,
        models.ENGLISH,
        recipes.ENGLISH,
        change.ENGLISH,
        doors.ENGLISH,
    ),
    Language.FRENCH: Texts(
        Language.FRENCH,
        frame.FRENCH,
        login.FRENCH,
        line.FRENCH,
        alarms.FRENCH,
        review.FRENCH,
        rolls.FRENCH,
        statistics.FRENCH,
        shift.FRENCH,
        archive.FRENCH,
        decision.FRENCH,
        people.FRENCH,
        models.FRENCH,
        recipes.FRENCH,
        change.FRENCH,
        doors.FRENCH,
    ),
}
_TEXTS[Language.FRENCH] = french_texts(_TEXTS[Language.FRENCH])


def texts_in(language: Language) -> Texts:
    """The catalogue of a language.

    >>> texts_in(Language.FRENCH).frame.accept
    'accepté'
    """
    return _TEXTS[language]
