"""The network's run over a frame: tiles in, one map of scores out. The only file that knows ONNX Runtime."""

import cv2
import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]
from numpy.typing import NDArray

from inspection.errors import ModelError, ScoresError
from inspection.model.card import ModelCard
from inspection.model.detector import ScoreMap
from inspection.model.tiles import tile_grid

_ONE = int(np.float32(1.0).view(np.uint32))


class OnnxDetector:
    """One network, loaded once; several threads may call `scores` at the same time."""

    def __init__(self, card: ModelCard, onnx: bytes, *, intra_threads: int = 1) -> None:
        """Raises ModelError when the graph is damaged or not what the card says."""
        self._card = card
        options = ort.SessionOptions()
        options.intra_op_num_threads = intra_threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        # Spinning threads steal the cores of the other workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises a dozen unrelated types for a bad file
            raise ModelError(
                f"Model {card.name}-{card.version}: ONNX Runtime can't load the graph: {error}. Export the model again."
            ) from error
        self._check_graph()

    def scores(self, image: NDArray[np.uint8]) -> ScoreMap:
        """See `Detector`. Raises ScoresError."""
        height, width = image.shape
        card, stride = self._card, self._card.stride
        grid = tile_grid(height, width, multiple_px=card.multiple_px, halo_px=card.halo_px, border_px=card.border_px)
        border = grid.border_px
        bottom, right = border + grid.height_px - height, border + grid.width_px - width
        padded = np.asarray(cv2.copyMakeBorder(image, border, bottom, border, right, cv2.BORDER_REPLICATE), np.uint8)
        scores = np.empty((len(card.kinds), grid.height_px // stride, grid.width_px // stride), np.float32)
        rows, columns = grid.core_height_px // stride, grid.core_width_px // stride
        for top, left in grid.corners:
            window = grid.window(top, left)
            said = self._run(np.ascontiguousarray(padded[window]))
            first_row, first_column = (
                (corner + border - part.start) // stride for corner, part in zip((top, left), window, strict=True)
            )
            core = said[:, first_row : first_row + rows, first_column : first_column + columns]
            scores[:, top // stride : top // stride + rows, left // stride : left // stride + columns] = core
        return scores[:, : -(-height // stride), : -(-width // stride)]

    def _run(self, tile: NDArray[np.uint8]) -> ScoreMap:
        (output,) = self._session.run([self._card.output], {self._card.input.name: tile[np.newaxis, np.newaxis]})
        scores: ScoreMap = output[0]
        expected = (len(self._card.kinds), *(size // self._card.stride for size in tile.shape))
        if scores.shape != expected:
            raise ScoresError(f"scores of shape {scores.shape} instead of {expected} (kinds, rows, columns)")
        # As whole numbers, what is negative or no number is larger than 1 is: one look finds all.
        if int(scores.view(np.uint32).max()) > _ONE:
            raise ScoresError("a score that is no number from 0 to 1")
        return scores

    def _check_graph(self) -> None:
        """Compare inputs, outputs and one run on a fixed tile with the card. Raises ModelError."""
        card = self._card
        inputs = [(node.name, node.type) for node in self._session.get_inputs()]
        if inputs != [(card.input.name, "tensor(uint8)")]:
            raise self._mismatch(f"input {card.input.name!r} of tensor(uint8)", f"{inputs}")
        outputs = [(node.name, node.type) for node in self._session.get_outputs()]
        if (card.output, "tensor(float)") not in outputs:
            raise self._mismatch(f"output {card.output!r} of tensor(float)", f"{outputs}")
        side_px = 2 * card.multiple_px
        tile = np.random.default_rng(1).integers(0, 256, (side_px, 2 * side_px), dtype=np.uint8)
        try:
            self._run(tile)
        except ScoresError as error:
            raise self._mismatch("finite scores from 0 to 1, for each kind and cell", str(error)) from error
        except Exception as error:
            raise self._mismatch(f"a run on a tile of {side_px} x {2 * side_px} px", f"{error}") from error

    def _mismatch(self, expected: str, got: str) -> ModelError:
        return ModelError(
            f"Model {self._card.name}-{self._card.version} is not what its card says: expected {expected}, got {got}. "
            "Export the model again, together with its card."
        )
