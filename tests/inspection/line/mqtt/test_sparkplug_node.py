"""What an edge node says of lanes and of devices that come and go. Pure."""

import pytest

from inspection.line.mqtt.sparkplug_node import SparkplugNode
from inspection.values import Verdict
from tests.support.sparkplug_host import decode, values
