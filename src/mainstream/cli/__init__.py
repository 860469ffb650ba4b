"""The `mainstream` command: one file a command, errors caught once in `main`."""
