"""Stores as they are when they have just been made. Their tables are made once, and copied for each test."""

import atexit
import shutil
import sqlite3
import tempfile
import uuid
from contextlib import closing
from functools import cache
from pathlib import Path

from inspection.store.database import STORE_FILE, Database
from inspection.store.engine import Access, peoples_file


def lay_store(file: Path, access: Access = Access.LINE) -> Path:
    """Put the files of an empty store there; it has a name of its own. Returns `file`."""
    pattern = _pattern()
    shutil.copy(pattern, file)
    if access is Access.PEOPLE:
        shutil.copy(peoples_file(pattern), peoples_file(file))
    with closing(sqlite3.connect(file)) as store, store:
        store.execute("UPDATE store_identity SET epoch = ?", (uuid.uuid4().hex,))
    return file


@cache
def _pattern() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    Database.in_file(folder / STORE_FILE, Access.PEOPLE).close()
    return folder / STORE_FILE
