"""May a model replace the one in service? The verdict on what it had to show, and the way into models/.

What does not hold can be overridden in writing; the card and the history keep the words.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import ModelError
from inspection.model.card import ModelCard
from inspection.model.history import Change, add_change, changing
from inspection.model.shelf import REPORT, Model, version_in_service
from inspection.whole_file import write_whole
from training.errors import DataError
from training.release.criteria import Criterion
from training.release.exporting import split_name, write_card

_REPORTS = (REPORT, Path(REPORT).with_suffix(".json").name)


def verdict(card: ModelCard, current: Model | None, criteria: Sequence[Criterion]) -> str:
    """One plain sentence."""
    name = f"{card.name} {card.version}"
    missed = [criterion.name for criterion in criteria if not criterion.is_met]
    task = f"replace {current.card.version}" if current else "come into service, the first of its name"
    if missed:
        return f"{name} may not {task}: {', '.join(missed)}."
    return f"{name} may {task}: {', '.join(criterion.name for criterion in criteria)} hold."


def promote(
    contender: Model,
    current: Model | None,
    models_dir: Path,
    criteria: Sequence[Criterion],
    *,
    who: str,
    override: str | None,
) -> Change:
    """Put the model into `models_dir`, whole or not at all, with what was found in its card and a line of history.

    Raises DataError if a criterion is not met and nobody overrides it, or the version is there already.
    """
    if override is None and not all(criterion.is_met for criterion in criteria):
        raise DataError(verdict(contender.card, current, criteria))
    name, version = split_name(contender.folder)
    if (name, version) != (contender.card.name, contender.card.version):
        raise ModelError(
            f"{contender.folder} says {contender.card.name} {contender.card.version} in its card. "
            "Name the folder as its card says."
        )
    finding = {
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": who,
        "compared_with": current.card.version if current else None,
        "criteria": [asdict(criterion) for criterion in criteria],
        "override": override,
    }
    card = contender.card.model_copy(update={"metrics": contender.card.metrics | {"promotion": finding}})
    with changing(models_dir):
        target = models_dir / contender.folder.name
        if target.exists():
            raise DataError(f"{target} is there already, and a version never changes. Export under a new version.")
        before = version_in_service(models_dir, name)
        with tempfile.TemporaryDirectory(dir=models_dir, prefix=".promoting-") as staging:
            # One level deeper than models are looked for, until it is whole.
            folder = Path(staging) / target.name
            folder.mkdir()
            write_whole(folder / "model.onnx", contender.onnx)
            write_card(folder, card)
            for report in filter(Path.is_file, (contender.folder / name for name in _REPORTS)):
                shutil.copy(report, folder)
            promoted = Model.load(folder)
            folder.rename(target)
        change = Change(
            utc=datetime.now(UTC),
            who=who,
            action="promote",
            name=name,
            version=version,
            sha256=promoted.artefact.sha256,
            before=before,
            after=version_in_service(models_dir, name) or version,
            why=f"override: {override}" if override else "all criteria met",
        )
        add_change(models_dir, change)
    return change
