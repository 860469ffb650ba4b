"""JSON files that people hand from one command to the next, read as typed models."""

import codecs
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mainstream.errors import InvalidInputError

Document = TypeVar("Document", bound=BaseModel)

MAX_BYTES = 64 << 20
_PROBLEMS_TOLD = 10


def read_document(model: type[Document], path: Path, *, way_out: str) -> Document:
    """Read `path` as a `model`; `InvalidInputError` names file and field, and `way_out` where there is no such file."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"larger than {MAX_BYTES} bytes", source=path)
        # Editors on Windows begin a file with a mark that JSON does not know.
        return model.model_validate_json(path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror}); {way_out}", source=path) from error
    except ValidationError as error:
        raise _refused(error, model, path, way_out) from error


def _refused(error: ValidationError, model: type[BaseModel], path: Path, way_out: str) -> InvalidInputError:
    found = error.errors()
    if found[0]["type"] == "json_invalid":
        return InvalidInputError(f"is not JSON ({found[0]['ctx']['error']})", source=path)
    missing = {str(each["loc"][0]) for each in found if each["type"] == "missing" and len(each["loc"]) == 1}
    wanted = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
    if len(wanted) > 1 and missing >= set(wanted):
        names = f"{', '.join(wanted[:-1])} or {wanted[-1]}"
        return InvalidInputError(f"is something else: it has no {names}; {way_out}", source=path)
    field, message = all_problems(error)
    hint = f"; {way_out}" if any(each["type"] in ("missing", "extra_forbidden") for each in found) else ""
    return InvalidInputError(f"{message}{hint}", field=field, source=path)


def problem_of(error: ErrorDetails) -> str:
    """What is wrong with one field, in our words where pydantic's say nothing to whoever wrote it."""
    bounds = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field; mend its name, or leave it out"
        case "missing":
            return "is missing, and needed"
        case "too_short":
            return f"needs {bounds['min_length']} or more of them, and has {bounds['actual_length']}; add what lacks"
        case "too_long":
            return f"holds {bounds['max_length']} of them at most; leave some out"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "has to hold fields, each as `name: value`"
        case _:
            return error["msg"].removeprefix("Value error, ").replace("Input should ", "should ", 1)


def first_problem(error: ValidationError) -> tuple[str, str]:
    """The field, empty where it is the whole, and what is wrong with it: the first of what there is.

    A required field whose name is misspelt is missing, and an unknown one stands beside it: that is the one to mend.
    """
    found = error.errors()
    first = found[0]
    if first["type"] == "missing":
        beside = [each for each in found if each["loc"][:-1] == first["loc"][:-1]]
        lacking = " or ".join(str(each["loc"][-1]) for each in beside if each["type"] == "missing")
        for each in beside:
            if each["type"] == "extra_forbidden":
                return _dotted(each), f"there is no such field, and {lacking} is missing; mend its name"
    return _dotted(first), problem_of(first)


def all_problems(error: ValidationError) -> tuple[str | None, str]:
    """All that is wrong with a document at once, so that nobody mends it field by field.

    The field and what is wrong with it; of several fields None, and each with its name.
    """
    problems = [(_dotted(each), problem_of(each)) for each in error.errors()]
    if len(problems) == 1:
        return problems[0][0] or None, problems[0][1]
    told = "; ".join(f"{field}: {message}" if field else message for field, message in problems[:_PROBLEMS_TOLD])
    more = f"; and {len(problems) - _PROBLEMS_TOLD} more" if len(problems) > _PROBLEMS_TOLD else ""
    return None, told + more


def _dotted(error: ErrorDetails) -> str:
    return ".".join(map(str, error["loc"]))
