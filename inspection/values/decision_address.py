"""Where a person reads about a decision: the address of its page, which API and pages alike give."""

from urllib.parse import quote

from camera.frame import FrameId


def decision_address(sequence: int, epoch: str | None = None) -> str:
    """Path of a decision's page on the pages' server. With the store's epoch it means this decision for ever.

    >>> decision_address(412, "5c0ffee0"), decision_address(412)
    ('/decisions/5c0ffee0/412', '/decisions/412')
    """
    return f"/decisions/{quote(epoch, safe='')}/{sequence}" if epoch else f"/decisions/{sequence}"


def piece_address(frame: FrameId, station_run: int | None = None) -> str:
    """The same by the frame that it is about; of the station's latest start with such a frame unless told which.

    >>> piece_address(FrameId("cam top", 1, 7), 3)
    '/pieces/cam%20top/1/7?start=3'
    """
    path = f"/pieces/{quote(frame.camera, safe='')}/{frame.run}/{frame.number}"
    return path if station_run is None else f"{path}?start={station_run}"
