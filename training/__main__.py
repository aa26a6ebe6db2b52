"""`python -m training` is `copilot-train`."""

from training.cli import main

main()
