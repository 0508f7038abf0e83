"""Starts one of this package's own modules as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence


def spawn(
    module: str,
    arguments: Sequence[str],
    *,
    pass_fds: Sequence[int] = (),
    stdout: int | None = None,
    stderr: int | None = None,
) -> subprocess.Popen[bytes]:
    """Runs `python -m module arguments`, with this process's import path and out of reach of its Ctrl-C.

    The child must end by itself when its parent is gone: `is_orphan`.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        pass_fds=pass_fds,
        start_new_session=True,
    )


def is_orphan(parent_pid: int) -> bool:
    """True in a child whose parent has died."""
    return os.getppid() != parent_pid
