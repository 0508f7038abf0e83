"""How good the station is: estimates, agreement, control charts, score sheets."""
