"""Simulated webs for training, and whether they are what the numbers say."""
