"""The simulated camera's GenTL producer: C sources, and `build` which makes a .cti of them."""

from camera.simulated.producer.build import build_producer

__all__ = ["build_producer"]
