"""JSON files that people hand from one command to the next, read as typed models."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mainstream.errors import InvalidInputError

Document = TypeVar("Document", bound=BaseModel)

MAX_BYTES = 64 << 20


def read_document(model: type[Document], path: Path, *, way_out: str) -> Document:
    """Read `path` as a `model`; `InvalidInputError` names file and field, and `way_out` where there is no such file."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"larger than {MAX_BYTES} bytes", source=path)
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror}); {way_out}", source=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            raise InvalidInputError(f"is not JSON ({first['ctx']['error']})", source=path) from error
        field = ".".join(map(str, first["loc"]))
        raise InvalidInputError(first["msg"].removeprefix("Value error, "), field=field or None, source=path) from error
