"""A door whose partners talk in lines of text over TCP: what the station does for any door's process.

A partner says one of: `follow`, `ack N`, `order JSON`, `status`, `die`, `hang`, `eat MB`; it hears JSON, line by line.
"""

import asyncio
import json
import os
import time

from pydantic import TypeAdapter

from inspection.line.orders import AnyOrder, TellPartners
from inspection.line.refusal import Refused
from inspection.line.station_link import StationLink

ORDERS = TypeAdapter(AnyOrder)


async def serve(link: StationLink) -> None:
    port = int(os.environ.get("PLAIN_DOOR_PORT", "0"))
    server = await asyncio.start_server(lambda reader, writer: _converse(link, reader, writer), "127.0.0.1", port)
    host, port = server.sockets[0].getsockname()[:2]
    await link.tell_open(f"plain://{host}:{port}")
    await server.serve_forever()


async def _converse(link: StationLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    link.tell_partners(TellPartners(connected=1, last_partner="a test"))
    following = None
    hoard = []

    def tell(message: object) -> None:
        writer.write(json.dumps(message).encode() + b"\n")

    async def follow() -> None:
        async for result in link.follow(link.acknowledged):
            tell(result.model_dump(mode="json"))

    while line := (await reader.readline()).decode():
        word, _, rest = line.strip().partition(" ")
        if word == "follow":
            following = asyncio.create_task(follow())
        elif word == "ack":
            await link.acknowledge(int(rest), "partner")
            tell({"acknowledged": link.acknowledged})
        elif word == "order":
            try:
                tell({"answer": await link.ask(ORDERS.validate_json(rest))})
            except Refused as refused:
                tell({"refused": refused.name, "sentence": refused.sentence})
        elif word == "status":
            tell((await link.next_status()).model_dump(mode="json"))
        elif word == "die":
            os._exit(7)
        elif word == "hang":
            time.sleep(3600)
        elif word == "eat":
            hoard.append(os.urandom(int(rest) * 2**20))
    if following:
        following.cancel()
    link.tell_partners(TellPartners(connected=0, last_partner="a test"))
    writer.close()
