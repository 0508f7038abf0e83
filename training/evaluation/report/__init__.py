"""What a model is worth: metrics, their statistics, and one page that says it in plain words."""
