"""`python -m training.cli` is `training`."""

from training.cli import main

main()
