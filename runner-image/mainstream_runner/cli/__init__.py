"""Commands of the runner: one file a command, imported lightly, so that `mainstream --help` is quick."""
