"""From a pydantic model to the structural schema that a CustomResourceDefinition takes. Pure.

Structural means: no references, no null as a type, every value with one type. Differences are bridged here, so that
the models stay plain: optional fields lose their null, `exclusiveMinimum` becomes the flag of OpenAPI 3.0, a union of a
word and a number becomes int-or-string (a CEL rule beside it says which words and numbers).
"""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]
_DROPPED = frozenset({"title", "additionalProperties", "default", "$defs", "anyOf", "$ref"})


def structural_schema(model: type[BaseModel]) -> Schema:
    """Schema of a spec or a status, references resolved."""
    whole = model.model_json_schema(by_alias=True)
    return _structural(whole, whole.get("$defs", {}))


def _structural(schema: Schema, definitions: Schema) -> Schema:
    schema = _resolved(schema, definitions)
    if "anyOf" in schema:
        return _union(schema, definitions)
    result = {key: value for key, value in schema.items() if key not in _DROPPED}
    if "const" in result:
        result["enum"] = [result.pop("const")]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if exclusive in result:
            result[bound], result[exclusive] = result[exclusive], True
    if "properties" in result:
        result["properties"] = {name: _structural(each, definitions) for name, each in result["properties"].items()}
    if "prefixItems" in result:
        result["items"] = result.pop("prefixItems")[0]
    if "items" in result:
        result["items"] = _structural(result["items"], definitions)
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        result["additionalProperties"] = _structural(values, definitions)
        result.pop("propertyNames", None)
    elif values is True:
        result["x-kubernetes-preserve-unknown-fields"] = True
    default = schema.get("default")
    if default is not None:
        # Of an object only {}: the defaults of its fields then apply, each stated once.
        result["default"] = {} if isinstance(default, dict) else default
    return result


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """What a reference names, with what stands beside it taking precedence."""
    while "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[1]]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _union(schema: Schema, definitions: Schema) -> Schema:
    options = [option for option in schema["anyOf"] if option.get("type") != "null"]
    beside = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(options) == 1:
        only = _resolved(options[0], definitions)
        rules = [each["x-kubernetes-validations"] for each in (only, beside) if "x-kubernetes-validations" in each]
        merged = {**only, **beside}
        if rules:
            merged["x-kubernetes-validations"] = [rule for group in rules for rule in group]
        return _structural(merged, definitions)
    if {option.get("type") for option in options} == {"string", "integer"}:
        return _structural({**beside, "x-kubernetes-int-or-string": True}, definitions)
    raise ValueError(f"no structural schema for a union of {options}")
