"""The simulated camera, and the simulated web without a camera between."""
