"""The door to an MQTT broker: plain JSON topics, and a Sparkplug B edge node for monitoring."""
