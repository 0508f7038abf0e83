"""A fit and its run's folder."""
