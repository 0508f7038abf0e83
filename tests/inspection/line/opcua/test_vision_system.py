"""The vision system that partners see, over a real station, by asyncua's own client."""

import asyncio

import pytest
from asyncua import ua

from tests.support.opcua_plant import a_plant
from tests.support.opcua_partner import (
    AUTOMATIC,
    CAUSE,
    MACHINE,
    RECIPES,
    RESULTS,
    ROOT,
    a_partner,
    recipe_id,
    words,
)

pytestmark = pytest.mark.process
READY, STATE_CHANGED, JOB_STARTED, PREPARED, RESULT = "1023", "1018", "1013", "1022", "1024"


@pytest.fixture(scope="module")
def plant(folder, tmp_path_factory):
    with a_plant(folder, tmp_path_factory.mktemp("state")) as (station, door):
        yield station, door


def test_a_line_is_begun_and_ended_by_the_states_of_the_standard(plant):
    station, door = plant

    async def talk():
        async with a_partner(door) as partner:
            await partner.call(f"{MACHINE}.Reset", *CAUSE) if (await partner.state())[0] != "Preoperational" else None
            await partner.subscribe(STATE_CHANGED, JOB_STARTED, PREPARED, READY, RESULT)
            assert await partner.state() == ("Preoperational", None)
            assert await partner.call(f"{MACHINE}.SelectModeAutomatic") == 0
            assert await partner.state() == ("Operational", "Initialized")
            changes = [(await partner.hear(STATE_CHANGED)).ToState.Text for _ in range(2)]
            assert changes == ["Operational", "Initialized"]
            recipe = station.status().recipe
            internal, is_completed, error = await partner.call(
                f"{RECIPES}.PrepareRecipe", recipe_id(recipe.name), recipe_id("", external=False)
            )
            assert (internal.Id, internal.Hash.hex(), is_completed, error) == (
                f"{recipe.name}-{recipe.version}",
                recipe.sha256,
                True,
                0,
            )
            assert (await partner.hear(PREPARED)).InternalId.Id == internal.Id
            assert await partner.state() == ("Operational", "Ready")
            job, error = await partner.call(
                f"{AUTOMATIC}.StartContinuous",
                ua.MeasIdDataType(Id="M1"),
                ua.PartIdDataType(Id="roll-7"),
                recipe_id(""),
                ua.ProductIdDataType(),
                ua.Variant([], ua.VariantType.Variant, is_array=True),
            )
            assert error == 0
            assert (await partner.hear(JOB_STARTED)).JobId.Id == job.Id
            while (told := await partner.hear(RESULT)).JobId.Id != job.Id:
                pass
            assert told.MeasId.Id == "M1"
            content = words(told.ResultContent)
            decision = station.feed.decision(content["Sequence"])
            assert content["ResultEvaluation"] == decision.verdict.code
            assert told.InternalRecipeId.Hash.hex() == decision.recipe.sha256
            assert content["ModelSha256"].hex() == decision.model.sha256
            assert (await partner.read(f"{ROOT}.SystemState")).State == 1
            assert await partner.call(f"{AUTOMATIC}.Stop", *CAUSE) == 0
            assert (await partner.hear(READY)).JobId.Id == job.Id
            assert await partner.state() == ("Operational", "Ready")
            assert await partner.call(f"{MACHINE}.Halt", *CAUSE) == 0
            assert await partner.state() == ("Halted", None)
            assert await partner.call(f"{MACHINE}.Reset", *CAUSE) == 0
            assert await partner.state() == ("Preoperational", None)

    asyncio.run(talk())
