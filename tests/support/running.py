"""Programs that run until they are stopped, and copies of the tree that they may run in."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

PROJECT = Path(__file__).resolve().parents[2]
NOT_OF_THE_TREE = (".git", ".venv", "node_modules", "var", "runs", ".*_cache", ".hypothesis", "*.pyc.*")
"""The last is a compiled module while another program writes it."""
STOPPED = (0, -signal.SIGINT, 128 + signal.SIGINT)
"""How what Ctrl-C stopped ends: by itself, by the signal, or in a shell that was waiting for it."""
LONGEST_S = 300.0
"""A block that takes longer hangs, also on a busy machine."""


def environment(tree: Path) -> dict[str, str]:
    """Environment of a program that runs in a tree, with this tree's installed commands."""
    programs = PROJECT / ".venv" / "bin"
    told = {"PYTHONPATH": str(tree), "PATH": f"{programs}:{os.environ['PATH']}", "PIP_DRY_RUN": "1", "COLUMNS": "200"}
    return os.environ | told


def copy_of_tree(folder: Path) -> Path:
    """The tree, compiled as it is, with the environment that it has here."""
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*NOT_OF_THE_TREE))
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    return folder


class Running:
    """A program that runs until it is stopped as Ctrl-C does."""

    def __init__(self, command: Sequence[str | Path], tree: Path, folder: Path) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(tree),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._heard: list[str] = []
        self._news = threading.Condition()
        self._hearing = threading.Thread(target=self._hear, daemon=True)

    def __enter__(self) -> Self:
        self._hearing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._process.stdout.close()

    def told(self, text: str) -> str:
        """All that it has told up to the line with a text, which it is waited for."""
        with self._news:
            assert self._news.wait_for(lambda: text in "".join(self._heard) or not self._hearing.is_alive(), LONGEST_S)
        assert text in "".join(self._heard), self._heard
        return "".join(self._heard)

    def stop(self) -> int:
        """Press Ctrl-C; its exit code."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGINT)
        try:
            return self._process.wait(LONGEST_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._hearing.join()

    def _hear(self) -> None:
        for line in self._process.stdout:
            with self._news:
                self._heard.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()
