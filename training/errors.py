"""What can go wrong in training; every message says which thing, what was expected, what came, what to do.

TrainingError
├── DataError      a data set is missing, damaged, or does not go with the model asked for
└── ExportError    a network can't become a model: the exported graph does not do what PyTorch does
"""


class TrainingError(Exception):
    """Training can't do as it was told; the message says what, why, and what to do."""


class DataError(TrainingError):
    """A data set is missing, damaged, or does not go with the model asked for."""


class ExportError(TrainingError):
    """A network can't become a model: the run is incomplete, or the exported graph does not do what PyTorch does."""
