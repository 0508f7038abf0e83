from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import FrameId
from inspection.review.book import ReviewBook
from inspection.review.queue import ReviewQueue
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.frame_index import SavedFrame
from inspection.values import Decision, Fate, Verdict
from tests.support.fresh_store import lay_store
from tests.support.rig import HEIGHT, MODEL, RECIPE, WIDTH, decision

BEGAN = datetime(2030, 1, 2, 3, 0, tzinfo=UTC)


class Plant:
    """A store with people on it, and the files of its frames."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.line = Database.in_file(lay_store(folder / "store.db", Access.PEOPLE))
        self.database = Database.in_file(folder / "store.db", Access.PEOPLE)
        self.store = Store(self.line)
        self.store.begin_run("test", "0", RECIPE, MODEL)
        self.queue = ReviewQueue(self.database, second_reader_share=0.0)
        self.book = ReviewBook(self.database)

    def close(self) -> None:
        self.line.close()
        self.database.close()

    @property
    def frames_dir(self) -> Path:
        return self.folder / "frames"

    def add(self, sequence: int, verdict: Verdict = Verdict.REJECT, *, is_saved: bool = True, **changes):
        captured = BEGAN + timedelta(seconds=sequence)
        changes = {"captured_utc": captured, "decided_utc": captured + timedelta(milliseconds=40)} | changes
        made = decision(sequence, verdict, **changes)
        self.store.append([made])
        if is_saved:
            path = f"2030-01-02/{sequence:010d}-cam0-{sequence}-{verdict.value}-8bit.png"
            self._save(made.piece.frame, path, verdict, captured, sequence)
        return made

    def add_views(self, made: Decision) -> Decision:
        """A decision about several views, and all its frames that were not lost, each once."""
        self.store.append([made])
        for seed, seen in enumerate(made.view_frames):
            frame = seen.frame
            is_new = not self.store.frame_index.ever_saved(self.store.station_run, [frame])
            if seen.outcome is not Fate.LOST and is_new:
                path = f"2030-01-02/{frame.camera}.{frame.run}-{frame.number}.png"
                self._save(frame, path, made.verdict, made.captured_utc, 1000 * made.sequence + seed)
        return made

    def _save(self, frame: FrameId, path: str, verdict: Verdict, captured: datetime, seed: int) -> None:
        pixels = np.random.default_rng(seed).integers(70, 90, (HEIGHT, WIDTH), np.uint8)
        (self.frames_dir / path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(self.frames_dir / path), pixels)
        size = (self.frames_dir / path).stat().st_size
        saved = SavedFrame(self.store.station_run, frame, path, verdict, 8, size, captured)
        self.store.frame_index.note_saved_frames([saved])


@pytest.fixture
def plant(tmp_path):
    plant = Plant(tmp_path)
    yield plant
    plant.close()
