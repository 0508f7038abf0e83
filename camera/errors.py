"""What can go wrong between a camera and the station.

CameraError
├── SettingsError        a setting is impossible, or the device refused it
├── ProducerError        a GenTL producer (.cti) is missing, damaged or offers nothing
├── DeviceLost           the device stopped answering (cable, power, process)
└── UnreadableImage      a file is no image, damaged, or of a kind that can't be judged
    └── UnexpectedImage  a sound image, but of another size or depth than the images before it
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
    """A file is no image, is truncated or damaged, holds several, or is of a kind that can't be judged."""


class UnexpectedImage(UnreadableImage):
    """A sound image, but not of the size or depth of the images before it."""
