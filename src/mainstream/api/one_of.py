"""Unions as Kubernetes writes them: an object with one key, which says what kind of thing its value is. Pure.

In YAML `webhook: {url: ...}`, in Python a `WebhookSink`, to be matched on. Schema, errors and JSON are those of an
object with one optional field for each kind, of which exactly one is given.
"""

from typing import Any, ClassVar, Protocol, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, create_model, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from mainstream.api.model import ApiModel, cel


class Keyed(Protocol):
    """One kind of a union."""

    key: ClassVar[str]
    """name of its field, in snake_case"""


def written_key(kind: Keyed) -> str:
    """The key of a kind as users write it."""
    return to_camel(kind.key)


class OneOf:
    """Annotates a union of models that have a `key`; each model's docstring describes its field."""

    def __init__(self, name: str, description: str) -> None:
        """Both are the object's in schemas."""
        self._name = name
        self._description = description

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read the object and give the kind in it; write it the other way round."""
        kinds: tuple[Any, ...] = get_args(source)
        fields: dict[str, Any] = {
            kind.key: (kind | None, Field(None, description=" ".join(kind.__doc__.split()))) for kind in kinds
        }
        written: type[_Written] = create_model(self._name, __base__=_Written, __doc__=self._description, **fields)

        def wrap(value: object) -> object:
            return written(**{value.key: value}) if isinstance(value, kinds) else value

        schema = handler.generate_schema(written)
        return core_schema.no_info_after_validator_function(
            _Written.given,
            core_schema.no_info_before_validator_function(wrap, schema),
            serialization=core_schema.plain_serializer_function_ser_schema(wrap, return_schema=schema),
        )


def _one_given(schema: dict[str, Any], model: type[BaseModel]) -> None:
    keys = [to_camel(name) for name in model.model_fields]
    given = ", ".join(f"has(self.{key})" for key in keys)
    schema.update(cel(f"[{given}].exists_one(given, given)", f"give one of {', '.join(keys)}"))


class _Written(ApiModel):
    model_config = ConfigDict(json_schema_extra=_one_given)

    def given(self) -> Any:
        """The one field that is set."""
        return next(each for _, each in self if each is not None)

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(each is not None for _, each in self) != 1:
            raise ValueError(f"give one of {', '.join(to_camel(name) for name in type(self).model_fields)}")
        return self
