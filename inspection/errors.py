"""What can go wrong in the station; every message says which thing, what was expected, what came, what to do.

    InspectionError
    ├── SettingsError      station.toml is missing, unreadable or impossible
    ├── RecipeError        a recipe is missing, has a wrong key or value, or does not go with the model
    ├── ModelError         a model is missing, altered, or not what its card says
    │   └── ScoresError    a network's answer about one image is no map of scores from 0 to 1
    ├── ReferencesError    white and dark references can't correct a camera
    ├── StoreError         the store does not take or give decisions: locked, full, gone, of a newer program
    │   ├── StoreDamaged   its file is not what was written
    │   └── NotStorable    the store is well, but what was given to it can't be stored
    ├── LineError          a request of the line can't be fulfilled
    ├── DoorError          a door to the line does not open
    ├── PeopleError        a person can't be let in, or may not do what they asked for
    ├── EvidenceError      what was written can't be sealed or checked: no key, or it can't be read
    ├── RegistrationError  where a camera looks at the web can't be found in its frames
    ├── ReviewError        a review, roll or search can't be taken: unknown case, somebody else's, impossible value
    └── DataSetError       a data set can't be frozen, exported or read

A frame that can't be judged is no error: it becomes UNINSPECTED with a reason.
"""


class InspectionError(Exception):
    """The station can't do as it was told; the message says what, why, and what to do."""


class SettingsError(InspectionError):
    """The station's settings are missing, unreadable or impossible."""


class RecipeError(InspectionError):
    """A recipe is missing, has a wrong key or value, or does not go with the model."""


class ModelError(InspectionError):
    """A model is missing, altered, or not what its card says."""


class ScoresError(ModelError):
    """A network's answer about one image is no map of scores from 0 to 1. The message says what is wrong with it."""


class ReferencesError(InspectionError):
    """White and dark references can't correct this camera: too dark, saturated, swapped, or of another size."""


class StoreError(InspectionError):
    """The store does not take or give decisions: locked, full, gone, or written by a newer program."""


class StoreDamaged(StoreError):
    """The store's file is not what was written: a bad disk, a broken copy, another program."""


class NotStorable(StoreError):
    """The store is well, but can't hold what was given to it: a value that breaks a column, a number given twice."""


class LineError(InspectionError):
    """A request of the line can't be fulfilled."""


class DoorError(InspectionError):
    """A door to the line does not open: without it nobody would hear of decisions."""


class PeopleError(InspectionError):
    """A person can't be let in, or may not do what they asked for."""


class EvidenceError(InspectionError):
    """What was written can't be sealed or checked: the key is missing, can't be read, or holds no key."""


class RegistrationError(InspectionError):
    """Where a camera looks at the web can't be found in its frames: too few marks, or they fit no one place."""


class ReviewError(InspectionError):
    """A review, roll or search can't be taken: no such case, it is somebody else's, or a value is impossible."""


class DataSetError(InspectionError):
    """A data set can't be frozen, exported or read."""
