"""YAML that people give: read without running anything in it, and never larger in memory than in the file.

An alias stands for as much as its anchor, and anchors may hold aliases: ten lines can mean a billion values. What all
aliases of a document stand for is therefore counted before anything is built.
"""

from typing import Any

import yaml

_MOST_VALUES = 100_000
"""of one document, with every alias written out"""


def read_yaml(text: str) -> list[Any]:
    """Every document of a text; `yaml.YAMLError` where it is not YAML, or is larger than a manifest can be."""
    loader = yaml.SafeLoader(text)
    found = []
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                _values(node, {})
                found.append(loader.construct_document(node))
    except RecursionError:
        raise yaml.YAMLError("values are nested too deeply") from None
    finally:
        loader.dispose()
    return found


def _values(node: yaml.Node, known: dict[int, int | None]) -> int:
    """Values that a node stands for; those of an anchor are counted once and added for each alias."""
    if id(node) in known:
        count = known[id(node)]
        if count is None:
            raise yaml.YAMLError("an anchor holds an alias of itself")
        return count
    known[id(node)] = None
    count = 1
    if isinstance(node, yaml.SequenceNode):
        count += sum(_values(each, known) for each in node.value)
    elif isinstance(node, yaml.MappingNode):
        _no_key_twice(node)
        count += sum(_values(key, known) + _values(value, known) for key, value in node.value)
    if count > _MOST_VALUES:
        raise yaml.YAMLError(f"stands for more than {_MOST_VALUES} values; write fewer aliases")
    known[id(node)] = count
    return count


def _no_key_twice(node: yaml.MappingNode) -> None:
    """Refuse a key that stands twice: one of its two values would be lost without a word."""
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise yaml.YAMLError(f"key {key.value!r} stands twice, again in line {key.start_mark.line + 1}")
            seen.add(key.value)
