"""Which networks there are: one that reads webs at line speed, one that draws outlines on a plant's own photographs."""

from typing import Literal

from training.fine_network import FineNetwork
from training.network import WebNetwork

Network = WebNetwork | FineNetwork
NetworkName = Literal["web", "fine"]


def new_network(name: NetworkName, kinds: int) -> Network:
    """One that has learnt nothing yet.

    >>> new_network("fine", 3).stride_px, new_network("web", 3).stride_px
    (4, 8)
    """
    return FineNetwork(kinds) if name == "fine" else WebNetwork(kinds)


def name_of(network: Network) -> NetworkName:
    """As `new_network` takes it."""
    return "fine" if isinstance(network, FineNetwork) else "web"
