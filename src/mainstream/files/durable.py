"""Files that are whole whenever a process or a power supply ends: as they were, or as they were to be."""

import os
from pathlib import Path


def replace_durably(path: Path, content: bytes) -> None:
    """Write a file, or write it anew; one writer at a time. Raises `OSError`."""
    hidden = path.with_name(f".{path.name}")
    with hidden.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    hidden.replace(path)
