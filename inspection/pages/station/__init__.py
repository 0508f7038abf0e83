"""What the pages know of the station: asked over its API, followed live, and told in one word."""
