"""What can go wrong between a camera and the station.

CameraError
├── SettingsError        a setting is impossible, or the device refused it
├── ProducerError        a GenTL producer (.cti) is missing, damaged or offers nothing
├── DeviceLost           the device stopped answering (cable, power, process)
└── UnreadableImage      a file is no image, or not the image that was announced
"""


class CameraError(Exception):
    """A camera or its images can't be used; the message says which, why, and what to do."""


class SettingsError(CameraError):
    """A setting is impossible, unknown to the device, or was refused by it."""


class ProducerError(CameraError):
    """A GenTL producer (.cti) is missing, damaged, or offers no such device."""


class DeviceLost(CameraError):
    """The device stopped answering: cable, power, or its process died."""


class UnreadableImage(CameraError):
    """A file is no image, is truncated, or is not of the announced size or depth."""
