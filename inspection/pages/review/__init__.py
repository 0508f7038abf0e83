"""The review page: the next case, its answer."""
