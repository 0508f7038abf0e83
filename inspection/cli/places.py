"""Where the command line looks for things unless told otherwise."""

from pathlib import Path
from typing import Annotated

import typer

PROJECT = Path(__file__).resolve().parents[2]
"""The folder that holds inspection/, models/ and sample_images/."""

ModelsDir = Annotated[
    Path,
    typer.Option(
        "--models-dir",
        help="Folder that holds the models.",
        default_factory=lambda: PROJECT / "models",
        show_default="models/ beside the program",
    ),
]
