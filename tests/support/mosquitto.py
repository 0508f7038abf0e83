"""A real broker of a test's own, and a partner of the station's at it."""

import json
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.support.patience import PATIENCE_S, until

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Mosquitto:
    """Debian's broker on a free port; `lines` are those of its configuration, which else lets everybody in."""

    def __init__(self, folder, *lines):
        self.port = free_port()
        self._path = folder / f"mosquitto-{self.port}.conf"
        self._log = folder / f"mosquitto-{self.port}.log"
        lines = lines or ("allow_anonymous true",)
        self._path.write_text(
            "\n".join((f"listener {self.port} 127.0.0.1", "user root", "log_type all", *lines)) + "\n"
        )
        self._process = None

    @staticmethod
    def hash_passwords(path):
        """Rewrite a file of users as the broker wants it."""
        subprocess.run(["mosquitto_passwd", "-U", path], check=True, capture_output=True, timeout=PATIENCE_S)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([PROGRAM, "-c", self._path], stdout=log, stderr=log)
        until(self._answers, "mosquitto")

    def stop(self):
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def kill(self):
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def pause(self, signal):
        self._process.send_signal(signal)

    @property
    def log(self):
        return self._log.read_text(errors="replace")

    def _answers(self):
        assert self._process.poll() is None, self.log
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


class Partner:
    """A program at the broker that keeps what it hears."""

    def __init__(self, port, *topics, client_id="", session_s=0, login=None, tls=None):
        self._news = threading.Condition()
        self._ready = 0
        self._topics = topics
        self.messages = []
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5)
        self.client.on_message = self._take
        self.client.on_connect = self._subscribe
        self.client.on_subscribe = self._note
        if login:
            self.client.username_pw_set(*login)
        if tls:
            self.client.tls_set_context(tls)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = session_s
        self.client.connect("127.0.0.1", port, clean_start=session_s == 0, properties=properties)
        self.client.loop_start()
        if topics:
            until(lambda: self._ready)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def publish(self, topic, payload, *, qos=1, retain=False, **properties):
        """A payload that is no text or bytes goes as JSON; `properties`: of MQTT 5."""
        told = Properties(PacketTypes.PUBLISH)
        for name, value in properties.items():
            setattr(told, name, value)
        payload = payload if isinstance(payload, str | bytes | None) else json.dumps(payload)
        self.client.publish(topic, payload, qos, retain, told).wait_for_publish(PATIENCE_S)

    def on(self, topic):
        """What was heard on a topic, as JSON."""
        with self._news:
            return [json.loads(each.payload) for each in self.messages if each.topic == topic]

    def last(self, topic):
        return (self.on(topic) or [None])[-1]

    def wait(self, topic, count=1):
        until(lambda: len(self.on(topic)) >= count, f"{count} on {topic}, not {len(self.on(topic))}")
        return self.on(topic)

    def _subscribe(self, client, userdata, flags, code, properties):
        for topic in self._topics:
            client.subscribe(topic, qos=1)

    def _note(self, *_):
        self._ready += 1

    def _take(self, client, userdata, message):
        with self._news:
            self.messages.append(message)


@contextmanager
def a_partner(port, *topics, **more):
    partner = Partner(port, *topics, **more)
    try:
        yield partner
    finally:
        partner.close()
