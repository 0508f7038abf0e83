"""Serves OPC UA: `serve(link)` is what the door's process runs."""

import asyncio
import logging
from datetime import UTC, datetime
from importlib.metadata import version

from asyncua import Server, ua

from inspection.line.opcua.certificates import Certificates, application_uri
from inspection.line.opcua.conditions import Conditions
from inspection.line.opcua.doorkeeper import StationDoorkeeper
from inspection.line.opcua.guard import GuardedServer
from inspection.line.opcua.jobs import Jobs
from inspection.line.opcua.line_node import Line
from inspection.line.opcua.methods import Methods
from inspection.line.opcua.nodes import Nodes
from inspection.line.opcua.recipes import Recipes
from inspection.line.opcua.results import Results
from inspection.line.opcua.sessions import Bounds, Sessions
from inspection.line.opcua.table import URI
from inspection.line.opcua.vision import Vision
from inspection.line.orders import TellPartners
from inspection.line.refusal import Refused
from inspection.line.station_link import StationLink
from inspection.station.door_settings.opcua import OpcUaSettings, Security

_AWAY_S = 1.0
_log = logging.getLogger("inspection.line.opcua")
_POLICIES = {
    Security.ENCRYPT: (ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,),
    Security.SIGN: (
        ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
        ua.SecurityPolicyType.Basic256Sha256_Sign,
    ),
    Security.NONE: (
        ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
        ua.SecurityPolicyType.Basic256Sha256_Sign,
        ua.SecurityPolicyType.NoSecurity,
    ),
}
_COMPLEX_TYPES = "http://opcfoundation.org/UA-Profile/Server/ComplexTypes2017"
"""Structures are described by their DataTypeDefinition, not by dictionaries as before 2017: clients ask for this."""


async def serve(link: StationLink) -> None:
    """Answer partners until cancelled. Raises OSError: the address can't be had."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # it logs a line for each thing that a stranger sends
    settings = OpcUaSettings.model_validate(link.settings)
    certificates = Certificates(link.folder)
    uri = application_uri(link.status.station, link.name)
    if not certificates.has_own():
        certificates.make(uri, f"{link.status.station} {link.name}")
    doorkeeper = StationDoorkeeper(link, certificates, settings.anonymous)
    bounds = Bounds(settings.most_sessions, settings.most_subscriptions, settings.most_monitored_items)
    methods = Methods()
    sessions = Sessions(bounds, methods)
    server = GuardedServer(
        sessions, doorkeeper, allows_none=settings.security is Security.NONE, most_sessions=settings.most_sessions
    )
    await server.init()
    server.name = f"{link.status.station} {link.name}"
    server.manufacturer_name, server.product_uri = "web-inspection-station", "urn:web-inspection-station"
    await server.set_application_uri(uri)
    await _tell_build(server)
    capabilities = server.get_node(ua.NodeId(ua.ObjectIds.Server_ServerCapabilities_ServerProfileArray))
    await capabilities.write_value([_COMPLEX_TYPES])
    model, own = await server.register_namespace(URI), await server.register_namespace(f"{uri}:line")
    nodes = Nodes(server, model, own)
    await nodes.add_types()
    vision = Vision(server, nodes, methods, link)
    await vision.build()
    recipes = Recipes(vision)
    await recipes.build()
    jobs = Jobs(vision, recipes)
    jobs.build()
    results, line, conditions = Results(vision, jobs), Line(vision), Conditions(vision)
    results.build()
    line.build()
    conditions.build(methods.by_method)
    await _secure(server, certificates, settings)
    await server.start()
    try:
        port = server.bserver.port if server.bserver is not None else settings.port
        await link.tell_open(f"opc.tcp://{settings.host}:{port}")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow(link, results, line))
            tasks.create_task(_watch(link, vision, recipes, jobs, line, conditions))
            tasks.create_task(_tell_partners(link, sessions, methods, doorkeeper))
    finally:
        await server.stop()


async def _secure(server: GuardedServer, certificates: Certificates, settings: OpcUaSettings) -> None:
    await server.load_certificate(certificates.certificate)
    await server.load_private_key(certificates.key)
    server.set_endpoint(f"opc.tcp://{settings.host}:{settings.port}")
    server.socket_address = (settings.host, settings.port)
    server.set_security_policy(list(_POLICIES[settings.security]))
    tokens: list[type] = [ua.UserNameIdentityToken]
    if settings.anonymous is not None:
        tokens.append(ua.AnonymousIdentityToken)
    server.set_identity_tokens(tokens)


async def _tell_build(server: Server) -> None:
    program = version("web-inspection-station")
    now = datetime.now(UTC)
    await server.set_build_info(
        "urn:web-inspection-station", "web-inspection-station", "inspection station", program, "", now
    )


async def _follow(link: StationLink, results: Results, line: Line) -> None:
    """Tell each decision as it is made; those before the door's start are asked for by GetResultListFiltered."""
    after = link.status.last_sequence
    while True:
        try:
            async for result in link.follow(after):
                await results.tell(result)
                await line.tell(result)
                after = result.sequence
        except Refused as refused:  # the store is away: what it holds is told once it is back
            _log.warning("results can't be had: %s", refused.sentence)
            await asyncio.sleep(_AWAY_S)


async def _watch(
    link: StationLink, vision: Vision, recipes: Recipes, jobs: Jobs, line: Line, conditions: Conditions
) -> None:
    while True:
        status = await link.next_status()
        await conditions.show(status.alarms)
        await recipes.show()
        async with vision.turn:
            fault = conditions.stopping
            if fault is not None and vision.machines.vision == "Operational":
                await vision.step_by_itself("Error", fault)
            elif fault is None and vision.machines.vision == "Error":
                back = "Operational" if vision.machines.automatic else "Preoperational"
                await vision.step_by_itself(back, "what was the matter is over")
            await vision.show_system_state()
            await jobs.watch()
        await line.beat()


async def _tell_partners(
    link: StationLink, sessions: Sessions, methods: Methods, doorkeeper: StationDoorkeeper
) -> None:
    last = ""
    while True:
        partners = sessions.partners
        if partners:
            newest = max(partners, key=lambda each: each.last_activity_s)
            last = f"{newest.user.name or 'anonymous'} at {newest.name}"[:256]
        link.tell_partners(
            TellPartners(
                connected=len(partners),
                last_partner=last,
                detail="" if partners else doorkeeper.last_fault[:2000],
                counters={
                    "refused_calls": methods.refused,
                    "refused_requests": sessions.refused,
                    "rejected_certificates": doorkeeper.rejected_certificates,
                    "rejected_users": doorkeeper.rejected_users,
                    "subscriptions": len(sessions.subscription_service.subscriptions),
                },
            )
        )
        await asyncio.sleep(1.0)
