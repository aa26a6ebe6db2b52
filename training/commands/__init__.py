"""What each command of `copilot-train` does; `training.cli` gathers them."""
