"""Frozen data sets and exports as one file each, for logged-in people who may take them out of the station."""

import re
import tempfile
import zipfile
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.visit import visit_of
from inspection.people.roles import Permission

_FOLDERS = ("datasets", "exports")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")


def package_address(kind: str, name: str) -> str:
    """Where a folder is had as a file. `kind`: datasets or exports.

    >>> package_address("datasets", "anode-1")
    '/packages/datasets/anode-1.zip'
    """
    return f"/packages/{kind}/{name}.zip"


def package_routes(desk: PagesDesk) -> APIRouter:
    """/packages/<datasets or exports>/<name>.zip."""
    router = APIRouter(prefix="/packages")

    @router.get("/{kind}/{name}.zip")
    def package(request: Request, kind: str, name: str) -> FileResponse:
        visit = visit_of(desk, request)
        if visit is None:
            raise HTTPException(401, "Log in first.")
        if not visit.may(Permission.EXPORT):
            raise HTTPException(403, "You may not take images out of the station.")
        folder = desk.plan.state_dir / kind / name
        if kind not in _FOLDERS or not _NAME.fullmatch(name) or not folder.is_dir():
            raise HTTPException(404, f"There is no folder {name[:80]} to take.")
        try:
            packed = packed_folder(folder)
        except OSError as error:
            raise HTTPException(507, f"{name} can't be packed ({error.strerror}). Make room on the disk.") from error
        desk.audit.add(visit.person.name, "data_set.download", f"data_set:{name}")
        forget = BackgroundTask(packed.unlink, missing_ok=True)
        return FileResponse(packed, media_type="application/zip", filename=f"{name}.zip", background=forget)

    return router


def packed_folder(folder: Path) -> Path:
    """A new file with all that is in a folder, for the caller to delete; nothing is left of it after an OSError."""
    with tempfile.NamedTemporaryFile(prefix=".package-", suffix=".zip", dir=folder.parent, delete=False) as file:
        path = Path(file.name)
        try:
            # PNG is compressed already.
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for each in sorted(folder.rglob("*")):
                    if each.is_file():
                        archive.write(each, Path(folder.name) / each.relative_to(folder))
        except OSError:
            path.unlink(missing_ok=True)
            raise
    return path
