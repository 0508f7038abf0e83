"""The line page: state, strip, charts, holds."""
