"""Says again and again how far the chain of decisions reaches."""

import time

from inspection.store.anchors import Head
from inspection.store.database import Database
from inspection.store.seals import seal_head


class Anchoring:
    """Adds an anchor every so often. One thread calls `keep_up`, as often as it likes."""

    def __init__(self, database: Database, every_s: float) -> None:
        self._database = database
        self._every_s = every_s
        self._next_s = time.monotonic()
        self._anchored: Head | None = None

    def keep_up(self) -> None:
        """Add an anchor if it is time. Raises StoreError."""
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + self._every_s
            self.anchor()

    def anchor(self) -> None:
        """Add an anchor if there is something new. Raises StoreError."""
        if (evidence := self._database.evidence) is None:
            return
        store, head = seal_head(self._database)
        if head is not None and head != self._anchored:
            evidence.anchor(store, decisions=head)
            self._anchored = head
