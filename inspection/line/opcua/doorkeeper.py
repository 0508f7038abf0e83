"""Who is let in: certificates that are trusted, users whose password is an API key of the station, nobody else."""

import asyncio
import logging
import time
from collections import OrderedDict

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import UserRole

from inspection.line.opcua.certificates import CertificateFault, Certificates
from inspection.line.opcua.guard import Caller
from inspection.line.orders import AskWho
from inspection.line.refusal import Refused
from inspection.line.station_link import StationLink
from inspection.people.key_role import KeyRole

_MOST_WRONG, _PER_S = 5, 60.0
"""After so many wrong passwords in that time an address is not listened to until it is over."""
_REMEMBERED = 256
_log = logging.getLogger("inspection.line.opcua")


class StationDoorkeeper:
    """Asks the station."""

    def __init__(self, link: StationLink, certificates: Certificates, anonymous: KeyRole | None) -> None:
        """`anonymous`: what partners without a user name may do; None: nobody comes in without."""
        self._link = link
        self._certificates = certificates
        self._anonymous = anonymous
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()
        self.rejected_certificates = 0
        self.rejected_users = 0
        self.last_fault = ""
        """Why somebody was not let in last, with what to do; empty: nobody was refused."""

    def check_certificate(self, certificate: bytes, address: str) -> None:
        """Look at a channel's certificate. Raises ServiceError."""
        try:
            self._certificates.check(certificate)
        except (CertificateFault, OSError) as fault:
            self.rejected_certificates += 1
            self.last_fault = f"The certificate of {address} is not taken: {fault}."
            raise ServiceError(ua.StatusCodes.BadSecurityChecksFailed) from fault

    async def admit(self, name: str | None, password: str | None, address: str) -> Caller | None:
        """Who a user is. None: nobody who may come in."""
        if name is None:
            if self._anonymous is None:
                return None
            return Caller(role=UserRole.User, name="", key_role=self._anonymous)
        now_s = time.monotonic()
        wrong = [when for when in self._wrong.get(address, ()) if now_s - when < _PER_S]
        if len(wrong) < _MOST_WRONG and password and len(password) <= 512:
            try:
                who = await self._link.ask(AskWho(key=password))
                if who["name"] == name:
                    return Caller(role=UserRole.User, name=name, key_role=KeyRole(who["role"]))
            except Refused:
                pass
            self._wrong[address] = [*wrong, now_s][-_MOST_WRONG:]
            self._wrong.move_to_end(address)
            while len(self._wrong) > _REMEMBERED:
                self._wrong.popitem(last=False)
        self.rejected_users += 1
        self.last_fault = (
            f"User {name[:64]} at {address} is not let in: the user name is that of an API key, the password the key "
            "itself (inspection keys add); after five wrong ones an address has to wait a minute."
        )
        await asyncio.sleep(1.0)
        return None
