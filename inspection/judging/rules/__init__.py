"""What makes a piece a reject: one rule a file, each with what it remembers along the web."""
