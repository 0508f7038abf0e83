"""A partner of the OPC UA door: asyncua's own client, with what tests ask it for."""

import asyncio
import math
from contextlib import asynccontextmanager

from asyncua import Client, ua

from inspection.line.opcua.content import LAYOUT_PLACES
from inspection.line.opcua.nodes import load_types
from inspection.line.opcua.table import URI
from tests.support.patience import PATIENCE_S

ROOT = "VisionSystem"
MACHINE = f"{ROOT}.VisionStateMachine"
AUTOMATIC = f"{MACHINE}.AutomaticModeStateMachine"
RECIPES, RESULTS = f"{ROOT}.RecipeManagement", f"{ROOT}.ResultManagement"
CONFIGURATIONS, LINE = f"{ROOT}.ConfigurationManagement", f"{ROOT}.Line"


class Partner:
    """Talks to the door."""

    def __init__(self, client):
        self.client = client
        self.heard = asyncio.Queue()

    async def learn(self):
        spaces = await self.client.get_namespace_array()
        self.model = spaces.index(URI)
        self.own = next(place for place, uri in enumerate(spaces) if uri.endswith(":line"))
        await load_types(self.client, self.model)

    def node(self, path):
        return self.client.get_node(ua.NodeId(path, self.own))

    async def read(self, path):
        return await self.node(path).read_value()

    async def call(self, path, *arguments):
        parent, _, _ = path.rpartition(".")
        return await self.node(parent).call_method(self.node(path).nodeid, *arguments)

    async def state(self):
        vision, automatic = await self.read(f"{MACHINE}.CurrentState"), await self.read(f"{AUTOMATIC}.CurrentState")
        return vision.Text, automatic.Text or None

    async def subscribe(self, *kinds, period_ms=50):
        """Hear events of types, by the table's ids, as (id, event)."""
        subscription = await self.client.create_subscription(period_ms, self)
        types = [self.client.get_node(ua.NodeId(int(kind), self.model)) for kind in kinds]
        await subscription.subscribe_events(self.node(ROOT), types)
        return subscription

    def event_notification(self, event):
        self.heard.put_nowait(event)

    async def hear_any(self):
        """The next event."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.heard.get()

    async def hear(self, kind):
        """The next event of a type; others are passed by."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event = await self.heard.get()
                if event.EventType == ua.NodeId(int(kind), self.model):
                    return event


@asynccontextmanager
async def a_partner(door, user=None, password=None, security=None, uri=None):
    client = Client(door.address, timeout=60)
    if uri is not None:
        client.application_uri = uri
    if user is not None:
        client.set_user(user)
        client.set_password(password)
    if security is not None:
        await client.set_security_string(security)
    async with client:
        partner = Partner(client)
        await partner.learn()
        yield partner


def int32(value):
    """As methods want their numbers: asyncua makes 64 bits of any."""
    return ua.Variant(value, ua.VariantType.Int32)


def uint32(value):
    return ua.Variant(value, ua.VariantType.UInt32)


CAUSE = (int32(0), "a test")


def words(content):
    """ResultContent by the names of its places."""
    told = {place.name: each for place, each in zip(LAYOUT_PLACES, content, strict=True)}
    return {name: each.Value if isinstance(each, ua.Variant) else each for name, each in told.items()}


def is_same(told, expected):
    return told == expected or (isinstance(expected, float) and math.isnan(expected) and math.isnan(told))


async def until_async(happened, what="what was waited for"):
    async with asyncio.timeout(PATIENCE_S):
        while not await happened():
            await asyncio.sleep(0.02)


def recipe_id(name, digest=None, external=True):
    kind = ua.RecipeIdExternalDataType if external else ua.RecipeIdInternalDataType
    return kind(Id=name, Hash=digest)
