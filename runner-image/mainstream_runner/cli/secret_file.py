"""A file that holds one secret and nothing else, named on the command line."""

from pathlib import Path

from mainstream.errors import InvalidInputError


def read_secret(path: Path, option: str, what: str) -> str:
    """What it holds, without spaces around it; raises `InvalidInputError` where it can't be read or is empty."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise InvalidInputError(f"cannot be read ({type(error).__name__})", field=option, source=path) from error
    if not secret:
        raise InvalidInputError(f"is empty; write the {what} into it", field=option, source=path)
    return secret
