"""Commands of the trainer: one file a command, imported lightly, so that `mainstream --help` is quick."""
