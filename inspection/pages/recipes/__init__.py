"""Recipes: versions, the editor, what they would have said, change-over."""
