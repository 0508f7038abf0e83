"""Where a camera's image lies on the web, found from what it and another camera show of it. Pure."""
