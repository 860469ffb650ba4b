"""Event statistics that somebody declares, where there is no video to measure them on."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mainstream.errors import InvalidInputError
from mainstream.files.documents import all_problems
from mainstream.mpackage.manifest import MeasuredEventStatistics, Statistic

_MAX_BYTES = 1 << 20


class DeclaredStatistics(BaseModel):
    """Length, frequency and correlation of events, as a YAML or JSON file has them.

    Source of their meaning: docs/design.md, "Hits, votes and correlation".
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    length_s: float = Field(gt=0)
    frequency: float = Field(gt=0, lt=1)
    correlation: float = Field(ge=0, le=1)
    lengths_s: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(), max_length=256)
    """of single events, where they are known"""

    @property
    def statistics(self) -> MeasuredEventStatistics:
        """As a manifest has them."""

        def declared(value: float) -> Statistic:
            return Statistic(value=value, source="declared")

        return MeasuredEventStatistics(
            length_s=declared(self.length_s),
            frequency=declared(self.frequency),
            correlation=declared(self.correlation),
            lengths_s=tuple(sorted(self.lengths_s)),
        )


def declare(source: object, **values: object) -> MeasuredEventStatistics:
    """Statistics of `length_s`, `frequency`, `correlation` and `lengths_s`; `InvalidInputError` names the bad ones."""
    try:
        return DeclaredStatistics.model_validate(values).statistics
    except ValidationError as error:
        field, message = all_problems(error)
        raise InvalidInputError(message, field=field, source=source) from error


def read_declared(path: Path) -> MeasuredEventStatistics:
    """Statistics from a YAML or JSON file."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InvalidInputError(f"larger than {_MAX_BYTES} bytes", source=path)
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", source=path) from error
    except yaml.YAMLError as error:
        raise InvalidInputError("is neither YAML nor JSON", source=path) from error
    if not isinstance(content, dict):
        raise InvalidInputError("must hold length_s, frequency and correlation", source=path)
    return declare(path, **{str(name): value for name, value in content.items()})
