"""From a finished run to a model: the graph, the proof that it does what PyTorch does, thresholds, and the card."""

import hashlib
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from inspection.model.card import GreyRange, ModelCard, Parity, PitchRange
from inspection.model.detectors import open_detector
from inspection.recipe.recipe import default_recipe
from inspection.values.kinds import kind_of
from inspection.vision.checks.texture import look_of
from inspection.whole_file import write_whole
from training.data import Item
from training.data.dataset import all_items, content_digest, labelled, validation_items
from training.data.labels import GAIN_RANGE, LabelledImage
from training.errors import ExportError
from training.family import Family
from training.fitting.fit_settings import FitSettings, load_run_settings
from training.fitting.run_folder import Run, load_run
from training.networks.networks import Network
from training.release.operating_point import WantedRates, apply_wanted, rates_at
from training.release.thresholds import ScoreEvidence, choose, gather, gather_from, method, own_method
from training.simulation.webs import BLOCK_LINES, PITCH_RANGE_UM, PITCH_UM, SeedRange, numbered_web, training_images

PARITY_TOLERANCE = 1e-3
PARITY_TILES = 8
_PARITY_PX = (256, 512)
OPSET = 18
_GREY_IMAGES = 40
_GREY_STEP_PX = 8
_LARGEST_BYTES = 5_000_000
LICENCE = "Apache-2.0"
_USES = {
    "electrode": "Bright-field line-scan images of calendered graphite anode on copper and NMC cathode on aluminium.",
    "separator": "Bright-field and back-light line-scan images of ceramic-coated polyethylene separator.",
}
LIMITS = (
    "Fitted to simulated web alone: fit and qualify it again on the line's own material before any reject is trusted "
    "to it. Metal and holes below 3 px can't be told from glints and noise. Kinds that it does not name are not "
    "found. A top view judges neither burr height, coat thickness nor buried metal."
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What a model is for: a recipe goes with it only if it says the same."""

    materials: tuple[str, ...]
    views: tuple[str, ...]
    pitch_um: tuple[float, float]
    """Smallest and largest pixel pitch."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A model on disk."""

    folder: Path
    card: ModelCard
    bytes: int


def export(
    run_folder: Path,
    out: Path,
    *,
    selection_blocks: int,
    workers: int = 1,
    wanted: WantedRates | None = None,
    report: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Make `out`, named NAME-VERSION, from a run. `selection_blocks`: of each look, for choosing thresholds.

    Of a model that was tuned to a plant's own images, those that were held out take part; they must lie where the fit
    found them. Raises ExportError if ONNX Runtime and PyTorch differ by more than the tolerance, or the data have
    changed, ModelError if the scores are no numbers, DataError if a wanted rate can't be shown to be kept; nothing is
    written then.
    """
    name, version = split_name(out)
    run, network = load_run(run_folder)
    if run.model_name != name:
        raise ExportError(
            f"{out.name}: {run_folder} was fitted as {run.model_name}, a model of it is called "
            f"{run.model_name}-VERSION. Name the folder so, or export the other run."
        )
    family = run.fitted_family
    graph = to_onnx(network)
    intent = Intent(family.materials, family.views, PITCH_RANGE_UM)
    nothing_yet = Parity(max_abs_difference=0.0, tiles=1, tolerance=PARITY_TOLERANCE)
    own = _own_items(run_folder, run, family)
    simulated = (image.pixels for image in islice(training_images(family, run.seed), _GREY_IMAGES))
    shown = chain(simulated, (item.pixels() for item in (*own.train, *own.validation)))
    draft = make_card(run, network, name, version, graph, nothing_yet, intent, seen_in(shown)).model_copy(
        update={"intended_use": _USES[family.name] + own.use, "limits": limits_of(family)}
    )
    parity = check_parity(network, draft, graph, list(islice(parity_tiles(family), PARITY_TILES)))
    evidence = gather(draft, graph, family, selection_blocks, workers=workers, report=report)
    wanted = wanted or WantedRates()
    own_evidence = gather_from(draft, graph, own.labelled(), default_recipe(*family.looks[0]))
    thresholds = apply_wanted(choose(evidence, own_evidence), evidence, wanted)
    card = draft.model_copy(
        update={
            "parity": parity,
            "thresholds": thresholds,
            "threshold_method": method(selection_blocks) + own.method(own_evidence) + wanted.method(),
            "metrics": {"selection": rates_at(evidence, thresholds)},
        }
    )
    return publish(out, graph, card)


@dataclass(frozen=True, slots=True)
class _OwnItems:
    """Images that a shipped family's model was tuned to, and those held out; none where it was not."""

    train: tuple[Item, ...] = ()
    validation: tuple[Item, ...] = ()

    @property
    def use(self) -> str:
        """Addition to the card's intended use."""
        return f" Tuned to {len(self.train)} images of a plant's own web." if self.train else ""

    def labelled(self) -> Iterator[tuple[LabelledImage, float]]:
        """Those held out, with their pixel pitch in um."""
        return ((labelled(item), item.pixel_pitch_um or PITCH_UM) for item in self.validation)

    def method(self, evidence: ScoreEvidence) -> str:
        """Addition to how thresholds were chosen."""
        return own_method(len(self.validation), evidence) if self.validation else ""


def _own_items(run_folder: Path, run: Run, family: Family) -> _OwnItems:
    if not run.rehearsed:
        return _OwnItems()
    settings = unchanged_data(run_folder, run)
    folders, views = settings.data, settings.view
    return _OwnItems(all_items(folders, family, views, holds_out=True), validation_items(folders, family, views))


def unchanged_data(run_folder: Path, run: Run) -> FitSettings:
    """What a run was told, its folders and their views with it. Raises ExportError if the folders hold something else
    than they did then.
    """
    settings = load_run_settings(run_folder)
    folders = settings.data
    if content_digest(folders, settings.view) != run.data_sha256:
        raise ExportError(
            f"{run_folder}: its data {', '.join(map(str, folders))} have changed since it was fitted, so nobody can "
            "say which of them are new to it. Restore them, or fit again."
        )
    return settings


def limits_of(family: Family) -> str:
    """What the card of a shipped family's model says that it can't do."""
    groups = [f"{', '.join(kind_of(kind).name for kind in group)} ({', '.join(group)})" for group in family.alike]
    return f"{LIMITS} Names that one view mixes up, while it rejects all the same: {'; '.join(groups)}."


def publish(out: Path, graph: bytes, card: ModelCard) -> Exported:
    """Write a model folder: the graph first, so that a card never lacks its graph."""
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "model.onnx", graph)
    write_card(out, card)
    return Exported(out, card, len(graph))


def split_name(folder: Path) -> tuple[str, str]:
    """Name and version from a model folder's name. Raises ExportError.

    >>> split_name(Path("models/electrode-1.0.0"))
    ('electrode', '1.0.0')
    """
    name, _, version = folder.name.rpartition("-")
    if not name or not all(part.isdigit() for part in version.split(".")):
        raise ExportError(
            f"{folder.name}: expected a folder called NAME-VERSION, for example electrode-1.0.0. Name it so."
        )
    return name, version


def with_metrics(made: Exported, metrics: dict[str, Any]) -> Exported:
    """The same model, its card rewritten with what was measured."""
    card = made.card.model_copy(update={"metrics": made.card.metrics | metrics})
    write_card(made.folder, card)
    return replace(made, card=card)


def write_card(folder: Path, card: ModelCard) -> None:
    """Write card.json, whole or not at all."""
    write_whole(folder / "card.json", (card.model_dump_json(indent=2) + "\n").encode())


def fold(network: Network) -> Network:
    """A copy in which each normalisation has become part of its convolution."""
    folded = deepcopy(network).eval()
    for part in list(folded.modules()):
        children = list(part.named_children())
        for (name, child), (next_name, follower) in pairwise(children):
            if isinstance(child, nn.Conv2d) and isinstance(follower, nn.BatchNorm2d):
                setattr(part, name, fuse_conv_bn_eval(child, follower))
                setattr(part, next_name, nn.Identity())
    return folded


def to_onnx(network: Network) -> bytes:
    """The graph: `image` uint8 (n, 1, height, width) to `scores` float32, batch and size free."""
    multiple = network.multiple_px
    example = torch.zeros(2, 1, 4 * multiple, 6 * multiple, dtype=torch.uint8)
    height, width = (multiple * torch.export.Dim(name, min=1, max=4096) for name in ("rows", "columns"))
    shapes = ({0: torch.export.Dim("n", min=1, max=1024), 2: height, 3: width},)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        # The exporter warns of its own deprecated internals, and of torchvision, which nothing here uses.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)
        program = torch.onnx.export(
            fold(network),
            (example,),
            input_names=["image"],
            output_names=["scores"],
            dynamic_shapes=shapes,
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
        if program is None:
            raise ExportError("PyTorch's exporter made no graph. Check the versions of torch and onnxscript.")
        path = Path(folder) / "model.onnx"
        program.save(str(path), external_data=False)
        model = onnx.load(path)
    del model.metadata_props[:]
    for node in model.graph.node:
        # They name source files of the machine that exported.
        del node.metadata_props[:]
    onnx.checker.check_model(model)
    graph = bytes(model.SerializeToString())
    if len(graph) > _LARGEST_BYTES:
        raise ExportError(f"The graph has {len(graph)} bytes, more than {_LARGEST_BYTES}: take a smaller network.")
    return graph


def check_parity(network: Network, card: ModelCard, graph: bytes, tiles: list[NDArray[np.uint8]]) -> Parity:
    """Compare ONNX Runtime with PyTorch on real tiles. Raises ExportError if they differ by more than the tolerance."""
    detector = open_detector(card, graph)
    differences = []
    for tile in tiles:
        beyond = card.halo_px if card.border_px is None else card.border_px
        border = -(-beyond // card.multiple_px) * card.multiple_px
        wide = np.pad(tile, border, mode="edge")
        with torch.no_grad():
            wanted = network.eval()(torch.from_numpy(wide[np.newaxis, np.newaxis])).numpy()[0]
        scores = detector.scores(tile)
        edge, (rows, columns) = border // card.stride, scores.shape[1:]
        differences.append(np.abs(wanted[:, edge : edge + rows, edge : edge + columns] - scores).max())
    worst = float(np.max(differences))
    if worst > PARITY_TOLERANCE:
        raise ExportError(
            f"ONNX Runtime and PyTorch differ by {worst:.2g} in a score, tolerated are {PARITY_TOLERANCE:g}: "
            "the exported graph is not the network that was fitted. No model was written; check the versions of torch, "
            "onnxscript and onnxruntime, and export again."
        )
    return Parity(max_abs_difference=worst, tiles=len(tiles), tolerance=PARITY_TOLERANCE)


def parity_tiles(family: Family) -> Iterator[NDArray[np.uint8]]:
    """(256, 512) tiles of the family's webs in turn."""
    height, width = _PARITY_PX
    for number in range(BLOCK_LINES):
        material, view = family.looks[number % len(family.looks)]
        web = numbered_web(SeedRange.SELECTION, number, material, view)
        yield np.asarray(web.render(0, height), np.uint8)[:, :width]


@dataclass(frozen=True, slots=True)
class Seen:
    """What images for training look like, for a model's card."""

    grey_level_dn: GreyRange
    """Their median grey values, all but 1 % at either end, and the gain that varies them."""
    least_texture: float | None
    """The texture ratio that all but 5 % of them exceed; None if they have none."""
    least_noise: float | None
    """The same of their noise ratio."""


def seen_in(images: Iterable[NDArray[np.uint8]]) -> Seen:
    """What images (height, width) of 16 lines or more look like.

    >>> noise = np.random.default_rng(1).normal(0.0, 2.0, (257, 256))
    >>> web = noise[:-1] + noise[1:]
    >>> seen = seen_in([np.rint(web + grey).astype(np.uint8) for grey in (80, 100)])
    >>> seen.grey_level_dn, seen.least_texture > 0.1, round(seen.least_noise, 1)
    (GreyRange(min=68.2, max=114.8), True, 0.2)
    """
    step = slice(None, None, _GREY_STEP_PX)
    greys, textures, noises = np.array([(np.median(image[step, step]), *look_of(image)) for image in images]).T
    low, high = np.percentile(greys, [1.0, 99.0])
    least, most = GAIN_RANGE
    texture, noise = (round(float(np.percentile(ratios, 5.0)), 3) for ratios in (textures, noises))
    return Seen(
        GreyRange(min=round(float(low) * least, 1), max=min(255.0, round(float(high) * most, 1))),
        texture if texture > 0.0 else None,
        noise if noise > 0.0 else None,
    )


def make_card(
    run: Run,
    network: Network,
    name: str,
    version: str,
    graph: bytes,
    parity: Parity,
    intent: Intent,
    seen: Seen,
) -> ModelCard:
    """The card of a run's graph, thresholds, use and limits still open."""
    return ModelCard(
        name=name,
        version=version,
        kinds=run.kinds,
        stride=network.stride_px,
        halo_px=network.halo_px,
        border_px=network.border_px,
        multiple_px=network.multiple_px,
        pixel_pitch_um=PitchRange(min=intent.pitch_um[0], max=intent.pitch_um[1]),
        grey_level_dn=seen.grey_level_dn,
        least_texture=seen.least_texture,
        least_noise=seen.least_noise,
        materials=intent.materials,
        views=intent.views,
        thresholds=dict.fromkeys(run.kinds, 0.5),
        threshold_method="none yet",
        sha256=hashlib.sha256(graph).hexdigest(),
        data_sha256=run.data_sha256,
        seed=run.seed,
        versions=run.versions,
        metrics={},
        parity=parity,
        created_utc=datetime.now(UTC),
        licence=LICENCE,
        intended_use="none yet",
        limits="none yet",
    )
