"""Makes `tests.training` of tests/training, which pytest else takes for the package `training` itself."""
