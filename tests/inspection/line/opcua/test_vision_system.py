"""The vision system that partners see, over a real station, by asyncua's own client."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from asyncua import ua

from tests.support.opcua_partner import (
    AUTOMATIC,
    CAUSE,
    CONFIGURATIONS,
    LINE,
    MACHINE,
    RECIPES,
    RESULTS,
    ROOT,
    a_partner,
    int32,
    recipe_id,
    uint32,
    until_async,
    words,
)
from tests.support.opcua_plant import a_plant
from tests.support.patience import until

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


def fresh(plant):
    """A conversation that begins in Preoperational."""
    _, door = plant

    @asynccontextmanager
    async def conversation():
        async with a_partner(door) as partner:
            if (await partner.state())[0] != "Preoperational":
                await partner.call(f"{MACHINE}.Reset", *CAUSE)
            yield partner

    return conversation()


async def is_refused(awaited, code):
    with pytest.raises(ua.UaStatusCodeError) as refused:
        await awaited
    assert refused.value.code == code


def start(recipe="", part="", meas=""):
    return (
        ua.MeasIdDataType(Id=meas),
        ua.PartIdDataType(Id=part),
        recipe_id(recipe),
        ua.ProductIdDataType(),
        ua.Variant([], ua.VariantType.Variant, is_array=True),
    )


async def make_ready(partner, recipe):
    await partner.call(f"{MACHINE}.SelectModeAutomatic")
    return await partner.call(f"{RECIPES}.PrepareRecipe", recipe_id(recipe), recipe_id("", external=False))


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        (f"{AUTOMATIC}.StartContinuous", start),
        (f"{AUTOMATIC}.StartSingleJob", start),
        (f"{AUTOMATIC}.Stop", CAUSE),
        (f"{AUTOMATIC}.Abort", CAUSE),
        (f"{MACHINE}.Reset", CAUSE),
        (f"{RECIPES}.PrepareRecipe", lambda: (recipe_id("anode"), recipe_id("", external=False))),
        (f"{RECIPES}.UnprepareRecipe", lambda: (recipe_id("anode"), recipe_id("", external=False))),
    ],
)
def test_a_method_out_of_its_state_is_refused_and_changes_nothing(plant, path, arguments):
    async def talk():
        async with fresh(plant) as partner:
            given = arguments() if callable(arguments) else arguments
            await is_refused(partner.call(path, *given), ua.StatusCodes.BadInvalidState)
            assert await partner.state() == ("Preoperational", None)

    asyncio.run(talk())


def test_a_recipe_that_is_unknown_or_has_another_hash_is_not_prepared(plant):
    station, _ = plant
    recipe = station.status().recipe

    async def talk():
        async with fresh(plant) as partner:
            assert (await make_ready(partner, "no-such-1.0"))[1:] == [False, -6]
            assert await partner.state() == ("Operational", "Initialized")
            wrong = recipe_id(recipe.name, b"\1" * 32, external=False)
            told = await partner.call(f"{RECIPES}.PrepareRecipe", recipe_id(""), wrong)
            assert told[1:] == [False, -6]
            assert (await partner.call(f"{RECIPES}.PrepareRecipe", recipe_id(""), recipe_id("", external=False)))[
                2
            ] == -4
            assert await partner.state() == ("Operational", "Initialized")
            right = recipe_id(f"{recipe.name}-{recipe.version}", bytes.fromhex(recipe.sha256), external=False)
            assert (await partner.call(f"{RECIPES}.PrepareRecipe", recipe_id(""), right))[1:] == [True, 0]
            unknown = recipe_id("other-2.0")
            assert (await partner.call(f"{AUTOMATIC}.StartContinuous", *start(unknown.Id)))[1] == -5
            assert await partner.state() == ("Operational", "Ready")
            assert (await partner.call(f"{RECIPES}.UnprepareRecipe", recipe_id(recipe.name), right))[1] == 0
            assert await partner.state() == ("Operational", "Initialized")

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("path", "arguments", "code"),
    [
        (f"{MACHINE}.Halt", (), ua.StatusCodes.BadArgumentsMissing),
        (f"{MACHINE}.Halt", (*CAUSE, "more"), ua.StatusCodes.BadTooManyArguments),
        (f"{MACHINE}.Halt", ("not a number", "x"), ua.StatusCodes.BadInvalidArgument),
        (f"{MACHINE}.Halt", (int32(0), "x" * 600), ua.StatusCodes.BadInvalidArgument),
        (f"{RECIPES}.PrepareRecipe", ("anode", "anode"), ua.StatusCodes.BadInvalidArgument),
        (f"{RESULTS}.GetResultById", ("1", int32(0)), ua.StatusCodes.BadInvalidArgument),
        (f"{MACHINE}.ConfirmAll", ("x",), ua.StatusCodes.BadNodeIdUnknown),
        (f"{RESULTS}.Halt", CAUSE, ua.StatusCodes.BadNodeIdUnknown),
    ],
)
def test_arguments_that_are_not_the_methods_own_are_refused(plant, path, arguments, code):
    async def talk():
        async with fresh(plant) as partner:
            await is_refused(partner.call(path, *arguments), code)
            assert await partner.state() == ("Preoperational", None)

    asyncio.run(talk())


def nothing_asked(start_index, most=0):
    return (
        int32(0),
        ua.MeasIdDataType(),
        ua.PartIdDataType(),
        recipe_id(""),
        recipe_id("", external=False),
        ua.ConfigurationIdDataType(),
        ua.ConfigurationIdDataType(),
        ua.ProductIdDataType(),
        ua.JobIdDataType(),
        uint32(most),
        uint32(start_index),
        int32(5000),
    )


def test_all_that_was_missed_is_had_in_order_and_acknowledged(plant):
    station, door = plant

    async def talk():
        async with fresh(plant) as partner:
            last = station.feed.last_sequence
            found, after = [], 0
            while after < last:
                _, count, _, page, error = await partner.call(
                    f"{RESULTS}.GetResultListFiltered", *nothing_asked(after, 7)
                )
                assert error == 0
                assert count == len(page) <= 7
                found += [words(each.ResultContent) for each in page]
                after = found[-1]["Sequence"]
            assert [each["Sequence"] for each in found] == list(range(1, after + 1))
            for each in found:
                decision = station.feed.decision(each["Sequence"]) or station.store.decision(each["Sequence"]).decision
                assert each["ResultEvaluation"] == decision.verdict.code
            assert await partner.call(f"{RESULTS}.AcknowledgeResults", ua.Variant(last, ua.VariantType.UInt64)) == 0
            assert door.state.acknowledged == last
            ahead = ua.Variant(10**9, ua.VariantType.UInt64)
            assert await partner.call(f"{RESULTS}.AcknowledgeResults", ahead) == -7
            assert door.state.acknowledged == last
            ahead = await partner.call(f"{RESULTS}.GetResultListFiltered", *nothing_asked(4 * 10**9))
            assert (ahead[3], ahead[4]) == ([], -7)

    asyncio.run(talk())


def test_a_result_is_had_by_its_id_as_a_whole_and_in_components(plant):
    station, _ = plant
    until(lambda: station.feed.last_sequence >= 3)

    async def talk():
        async with fresh(plant) as partner:
            name = ua.ResultIdDataType(Id=f"{station.store.epoch}.3")
            _, result, error = await partner.call(f"{RESULTS}.GetResultById", name, int32(0))
            assert (error, words(result.ResultContent)["Sequence"], result.ResultId) == (0, 3, name)
            told = await partner.call(f"{RESULTS}.GetResultComponentsById", name, int32(0))
            assert words(told[15])["Sequence"] == 3
            assert (told[6], told[16]) == (result.PartId, 0)
            for wrong in ("other.3", "0", "-1", "x", "", f"{station.store.epoch}.999999999"):
                asked = ua.ResultIdDataType(Id=wrong)
                assert (await partner.call(f"{RESULTS}.GetResultById", asked, int32(0)))[2] == -5
                assert (await partner.call(f"{RESULTS}.GetResultComponentsById", asked, int32(0)))[16] == -5

    asyncio.run(talk())


def test_a_single_job_ends_with_the_piece_that_it_is_about(plant):
    station, _ = plant

    async def talk():
        async with fresh(plant) as partner:
            await make_ready(partner, station.status().recipe.name)
            await partner.subscribe(READY, RESULT)
            job, error = await partner.call(f"{AUTOMATIC}.StartSingleJob", *start(part="sheet-9", meas="M"))
            assert error == 0
            assert (await partner.hear(READY)).JobId.Id == job.Id
            assert await partner.state() == ("Operational", "Ready")
            *wanted, most, begin, timeout = nothing_asked(0)
            wanted[8] = ua.JobIdDataType(Id=job.Id)
            found = (await partner.call(f"{RESULTS}.GetResultListFiltered", *wanted, most, begin, timeout))[3]
            assert [(each.PartId.Id, each.MeasId.Id, words(each.ResultContent)["TriggerId"]) for each in found] == [
                ("sheet-9", "M", job.Id)
            ]

    asyncio.run(talk())


def test_the_words_of_the_line_are_plain_variables_and_beat_while_the_station_lives(plant):
    station, _ = plant

    async def talk():
        async with fresh(plant) as partner:
            first = await partner.read(f"{LINE}.Heartbeat")
            await until_async(lambda: _has_changed(partner, first))
            assert bytes.fromhex(station.status().recipe.sha256) == await partner.read(f"{LINE}.RecipeSha256")
            sequence = await partner.read(f"{LINE}.Result.Sequence")
            assert sequence > 0
            assert await partner.call(f"{LINE}.Hold", "a splice") == 0
            assert station.interventions.current.reason == "a splice"
            assert await partner.call(f"{LINE}.EndIntervention", "it is out") == 0
            assert await partner.call(f"{LINE}.AddTrigger", "", "") == -4
            assert await partner.call(f"{LINE}.BeginRoll", "R-1") == 0

    asyncio.run(talk())


async def _has_changed(partner, first):
    return await partner.read(f"{LINE}.Heartbeat") != first


def test_the_recipes_and_the_configuration_are_told_with_their_hashes(plant):
    station, _ = plant

    async def talk():
        async with fresh(plant) as partner:
            asked = (recipe_id(""), ua.ProductIdDataType(), int32(2), uint32(0), uint32(0), int32(0))
            is_complete, count, _, found, error = await partner.call(f"{RECIPES}.GetRecipeListFiltered", *asked)
            assert (is_complete, count, error) == (True, len(found), 0)
            assert station.status().recipe.sha256 in {each.Hash.hex() for each in found}
            (setup,) = station.status().setups.values()
            told = await partner.read(f"{CONFIGURATIONS}.ActiveConfiguration")
            assert told.InternalId.Hash.hex() == setup
            assert await partner.call(f"{CONFIGURATIONS}.ActivateConfiguration", told.InternalId) == 0
            other = ua.ConfigurationIdDataType(Id="other")
            assert await partner.call(f"{CONFIGURATIONS}.ActivateConfiguration", other) == -5
            listed = await partner.call(f"{CONFIGURATIONS}.GetConfigurationList", uint32(0), uint32(0), int32(0))
            assert [each.InternalId.Hash.hex() for each in listed[3]] == [setup]

    asyncio.run(talk())


def test_an_alarm_is_a_condition_that_is_acknowledged_at_the_station(folder, tmp_path):
    with a_plant(folder, tmp_path / "state", is_required=True) as (station, door):
        until(lambda: any(each.kind == "door.left" for each in station.status().alarm_list))

        async def talk():
            async with a_partner(door) as partner:
                subscription = await partner.subscribe("1034", "1035")
                refresh = ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh)
                of_type = partner.client.get_node(ua.NodeId(ua.ObjectIds.ConditionType))
                number = ua.Variant(subscription.subscription_id, ua.VariantType.UInt32)
                await of_type.call_method(refresh, number)
                while (told := await partner.hear_any()).ErrorString != "door.left":
                    pass
                assert (told.CausePath, told.StopReaction, told.Retain) == ("plc", True, True)
                method = ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)
                node = partner.client.get_node(ua.NodeId(f"Alarms.{told.ErrorCode}", partner.own))
                comment = ua.LocalizedText("seen")
                await is_refused(node.call_method(method, b"other", comment), ua.StatusCodes.BadEventIdUnknown)
                await of_type.call_method(refresh, number)
                while not await acknowledge(node, method, partner, told.ErrorCode, comment):
                    await of_type.call_method(refresh, number)
                left = [each for each in station.status().alarm_list if each.number == told.ErrorCode]
                assert all(each.acknowledged_by.startswith("plc") for each in left)

        asyncio.run(talk())


async def acknowledge(node, method, partner, number, comment):
    """With the id of the newest event; it may have changed meanwhile."""
    while (told := await partner.hear_any()).ErrorCode != number:
        pass
    try:
        await node.call_method(method, told.EventId, comment)
    except ua.uaerrors.BadEventIdUnknown:
        return False
    return True
