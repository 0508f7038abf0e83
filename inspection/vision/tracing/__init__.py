"""Which pixels are the object: outlines at full resolution. Pure."""
