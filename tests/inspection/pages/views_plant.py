"""A plant of two cameras over one web: one above, the other below, mirrored and a roller farther on."""

from pathlib import Path

from inspection.model.shelf import Model
from inspection.people.roles import Role
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe, default_recipe
from inspection.recipe.views import View
from inspection.review.queue import ReviewQueue
from inspection.station.frame_archive import FrameArchive
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.station.settings import ArchiveSettings
from inspection.station.webs import WebPlan
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.values import Cut, Light, Side
from inspection.vision.placement import Placement
from tests.inspection.pages.plant import staff
from tests.scenarios.test_several_cameras import lost, shown
from tests.support.passwords import quick_people
from tests.support.patience import PATIENCE_S
from tests.support.rig import MODEL, PITCH_UM, WIDTH, ScriptedSource, write_model

WIDTH_MM = WIDTH * PITCH_UM / 1000.0
ALONG_MM = 4.2
"""Frames of the camera below begin 1 mm before those of the leading one."""
READERS = ("ann", "bob")


def two_sides(**changes) -> Recipe:
    """The anode's recipe, looked at from above and from below."""
    recipe = default_recipe("anode", "bright-field")
    above = View(light=Light.BRIGHT_FIELD, model=recipe.model, image=recipe.image)
    views = {"top": above, "bottom": above.model_copy(update={"side": Side.BOTTOM})}
    return recipe.model_copy(update={"views": views} | changes)


PLACES = {
    "cam0": Placement("top"),
    "cam1": Placement("bottom", across_mm=WIDTH_MM, along_mm=ALONG_MM, is_mirrored=True),
}


def fill_views(folder: Path, pieces: int = 8, *, recipe: Recipe | None = None, cut: Cut = Cut.BLOCK) -> None:
    """Decisions with saved frames of all views: a spot of 1 mm on piece 4 that both cameras see, one on piece 6 that
    the leading one alone sees; of piece 7 the camera below lost a part.
    """
    store = Store.in_file(folder / "store.db")
    recipe = recipe or two_sides()
    store.begin_run("plant", "0", recipe.artefact, MODEL)
    model = Model.load(write_model(folder / "models" / "electrode-0.1"))
    archive = FrameArchive(folder / "frames", ArchiveSettings(accept_sample=1.0, min_free_gb=0.0), store, 200)
    archive.start()
    readings = {
        "cam0": [shown("cam0", n, spots=[(20, 50)] if n in (4, 6) else ()) for n in range(1, pieces + 1)],
        "cam1": [
            lost("cam1", n) if n == 9 else shown("cam1", n, spots=[(40, 58)] if n == 5 else ())
            for n in range(1, pieces + 4)
        ],
    }
    cameras = [
        (ScriptedSource(several, camera=camera), Pipeline(recipe, model, place=PLACES[camera]))
        for camera, several in readings.items()
    ]
    plan = WebPlan(tuple(readings), cut, 60.0, share_encoder=False, joint_mm=2.0)
    runner = Runner(cameras, Recorder(store), sinks=[archive.take], deadline_ms=60_000.0, webs=[plan])
    runner.start()
    assert runner.wait(PATIENCE_S)
    runner.stop()
    archive.stop()
    store.close()


def staff_views(folder: Path) -> None:
    """People, two readers among them, and cases for them."""
    staff(folder)
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    people = quick_people(database)
    for name in READERS:
        one_time = people.add("test", name, Role.QA)
        people.change_password(people.log_in(name, one_time, "test"), one_time, "a long enough password")
    ReviewQueue(database).enrol()
    database.close()
