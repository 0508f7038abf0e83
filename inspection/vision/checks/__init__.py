"""Can this frame be judged at all? What nobody saw is not accepted. Pure."""
