"""Which networks there are: one reads webs at line speed, one audits that one, one draws outlines on a plant's own
photographs, one tells what is unlike good ones.
"""

from typing import Literal

from training.networks.anomaly_network import AnomalyNetwork
from training.networks.fine_network import FineNetwork
from training.networks.web_network import AuditorNetwork, WebNetwork

Network = WebNetwork | FineNetwork | AnomalyNetwork
NetworkName = Literal["web", "auditor", "fine", "anomaly"]
_CLASSES: dict[NetworkName, type[Network]] = {
    "web": WebNetwork,
    "auditor": AuditorNetwork,
    "fine": FineNetwork,
    "anomaly": AnomalyNetwork,
}


def new_network(name: NetworkName, kinds: int) -> Network:
    """One that has learnt nothing yet.

    >>> new_network("fine", 3).stride_px, new_network("web", 3).stride_px
    (4, 8)
    """
    return _CLASSES[name](kinds)


def name_of(network: Network) -> NetworkName:
    """As `new_network` takes it."""
    return next(name for name, each in _CLASSES.items() if type(network) is each)
