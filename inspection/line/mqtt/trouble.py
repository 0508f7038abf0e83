"""What goes wrong between the station and a broker, in words with what to do. Pure."""

import ssl
from collections.abc import Mapping

TAKEN_OVER = 142
"""The reason that a broker gives when another client has come with the same client id."""
LASTS_S = 60.0
"""Two clients of one name take turns: between two of them all looks well."""
_WHY: Mapping[int, str] = {
    128: "it says nothing more. Its own log says why",
    129: "it could not read what the station sent. Another program may have the port; check `port`",
    130: "it says that the station broke the protocol. Set `version`, and report it with the broker's name and version",
    132: 'it does not speak this version of MQTT. Set version = "3.1.1", or "5"',
    133: "it does not accept the client id {client}. Set `client_id` to one that it knows",
    134: "it does not know the user or the password. Correct `username` and what stands in `password_file`; it is read "
    "again at each attempt",
    135: "it does not let the station in, or not do this. Set `username` and `password_file`, or give the station its "
    "rights in the broker's access list",
    136: "it is not available. Look at the broker",
    137: "it is busy. The station tries again",
    138: "it has banned the station. Take the ban off in the broker",
    139: "it is shutting down. The station tries again",
    141: "it heard nothing from the station in time. Look at the network and at the load of this machine",
    TAKEN_OVER: "another client has come with the client id {client}, and only one can have it: a second station, or a "
    "copy of this one. Give each one its own `client_id` and `prefix`",
    144: "it does not accept the topic. Correct `prefix`",
    147: "it got more messages at a time than it allows. Lower `in_flight`",
    149: "a message is larger than it allows. Raise the broker's limit to 64 KiB at least",
    150: "it got more messages than it allows. Raise the broker's limit",
    151: "its quota is used up. Raise the broker's limit",
    152: "its administrator has ended the connection. The station tries again",
    154: "it keeps no retained messages, and the status has to be one. Allow them in the broker",
    155: "it does not do QoS 1, and results have to be acknowledged. Allow it in the broker",
    156: "it names another server. Correct `host`",
    157: "it has moved. Correct `host`",
    159: "the station connects too often. It tries again, more slowly",
}
"""By the reason code of MQTT 5, what the broker says and what to do; MQTT 3.1.1's are told as these."""


class Trouble(Exception):
    """The connection is of no use any more. Its text is a sentence with what to do."""

    def __init__(self, sentence: str, lasts_s: float = 0.0, *, is_wordless: bool = False) -> None:
        """`lasts_s`: so long it is told on, though a new connection may look well; `is_wordless`: a connection that
        stood broke, and nobody said why.
        """
        super().__init__(sentence)
        self.lasts_s = lasts_s
        self.is_wordless = is_wordless


def of_code(broker: str, client: str, code: int, text: str, doing: str) -> Trouble:
    """A broker's reason. `text`: what the standard calls it.

    >>> print(of_code("plc:1883", "line-1", 134, "Bad user name or password", "refuses the connection"))
    The broker at plc:1883 refuses the connection: it does not know the user or the password. Correct `username` and \
what stands in `password_file`; it is read again at each attempt. (MQTT reason 134, Bad user name or password.)
    """
    why = _WHY.get(code, _WHY[128]).format(client=client)
    lasts_s = LASTS_S if code == TAKEN_OVER else 0.0
    return Trouble(f"The broker at {broker} {doing}: {why}. (MQTT reason {code}, {text}.)", lasts_s)


def of_error(broker: str, error: BaseException) -> Trouble:
    """Why no connection could be made.

    >>> print(of_error("plc:1883", ConnectionRefusedError()))
    Nobody answers at plc:1883. Start the broker, or correct `host` and `port`. The station tries again.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", None) or error
        return Trouble(
            f"The broker at {broker} shows a certificate that is not trusted: {why}. "
            "Name in `ca_file` the authority that it is from, and in `host` a name that stands in it; check this "
            "machine's clock if it is said to be expired or not yet valid."
        )
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "reason", None) or error
        return Trouble(
            f"The broker at {broker} and the station do not come to a secure connection: {why}. "
            "Check that the port is the one for TLS, and `certificate` and `key` if the broker asks for them; or "
            'set security = "none" if it has none.'
        )
    if isinstance(error, ConnectionRefusedError):
        return Trouble(
            f"Nobody answers at {broker}. Start the broker, or correct `host` and `port`. The station tries again."
        )
    if isinstance(error, TimeoutError):
        return silent(broker, "to the call")
    if isinstance(error, ConnectionResetError):
        return Trouble(
            f"The broker at {broker} hangs up at once. Check that `port` and `security` belong together: one port is "
            "for TLS, another one is not. The station tries again."
        )
    return Trouble(
        f"The broker at {broker} can't be reached: {getattr(error, 'strerror', None) or error}. Check the cable, the "
        "network, and `host` and `port`. The station tries again."
    )


def silent(broker: str, to_what: str) -> Trouble:
    """Something has the port, or the network swallows everything.

    >>> print(silent("plc:1883", "to the call"))
    The broker at plc:1883 does not answer to the call. Look whether the broker hangs, whether another program has its \
port, whether the port is the one for TLS, and whether cable and firewall let it through. The station tries again.
    """
    return Trouble(
        f"The broker at {broker} does not answer {to_what}. Look whether the broker hangs, whether another program has "
        "its port, whether the port is the one for TLS, and whether cable and firewall let it through. The station "
        "tries again."
    )


def lost(broker: str) -> Trouble:
    """A connection that broke without a word."""
    return Trouble(
        f"The connection to the broker at {broker} broke. Look at the broker, the cable and the network, and whether "
        "another client has the station's client id. The station tries again; results wait.",
        is_wordless=True,
    )


def broken_often(broker: str, client: str, times: int) -> Trouble:
    """Connections that broke without a word one after the other; many brokers don't say that a client was replaced.

    >>> "another client has come with the client id line-1" in str(broken_often("plc:1883", "line-1", 2))
    True
    """
    return Trouble(
        f"The connection to the broker at {broker} broke {times} times within a minute, each time after the broker had "
        f"answered. Most likely {_WHY[TAKEN_OVER].format(client=client)}. Else the broker's log says why it hangs up.",
        LASTS_S,
    )


def unreadable(path: object, what: str, error: OSError) -> Trouble:
    """A file that the settings name.

    >>> print(unreadable("mqtt.password", "password_file", FileNotFoundError(2, "No such file or directory")))
    mqtt.password can't be read: No such file or directory. Correct `password_file`, or the file's rights: the \
station's user has to read it.
    """
    return Trouble(
        f"{path} can't be read: {error.strerror or error}. Correct `{what}`, or the file's rights: the station's user "
        "has to read it."
    )
