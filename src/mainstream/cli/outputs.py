"""What a command leaves behind: a folder or a file that cannot be written is the user's to put right."""

from pathlib import Path

from mainstream.errors import InvalidInputError


def make_folder(folder: Path, option: str) -> None:
    """Make the folder that `option` names, before any work is done for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(
            f"cannot be made a folder ({error.strerror}); name another", field=option, source=folder
        ) from error


def write_output(file: Path, text: str, option: str) -> None:
    """Write the file that `option` names, and the folders above it."""
    make_folder(file.parent, option)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(
            f"cannot be written ({error.strerror}); name another", field=option, source=file
        ) from error
