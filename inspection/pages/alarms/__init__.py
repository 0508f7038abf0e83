"""Alarms: what stands, and all that there were."""
