"""What a model can do, shown: evidence, figures, report."""
