"""What a product may look like: the recipe, its parts, and the recipes that ship."""
