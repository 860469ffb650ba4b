"""A network's graph, traced by torch.fx; what cannot be traced is said with the node where that ended."""

from collections.abc import Callable
from typing import Any

from torch import fx, nn

from mainstream.errors import InvalidInputError


def traced(name: str, features: nn.Module, leaves: tuple[type[nn.Module], ...] = ()) -> fx.GraphModule:
    """The graph of base network `name`, from images to a feature map; a module of `leaves` is one node of it.

    `InvalidInputError` where its code cannot be followed, as where it branches on the numbers in a tensor.
    """
    tracer = _Tracer(leaves)
    try:
        graph = tracer.trace(features)
    except Exception as error:  # the library's own code runs here, and may raise anything
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InvalidInputError(
            f"{name} can't be cut: torch.fx cannot trace {tracer.where()} ({reason}); take another base network",
            field="base",
        ) from error
    return fx.GraphModule(features, graph)


class _Tracer(fx.Tracer):
    """Remembers the innermost module in which tracing ended."""

    def __init__(self, leaves: tuple[type[nn.Module], ...]) -> None:
        super().__init__()
        self._leaves = leaves
        self._ended_in: str | None = None

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, self._leaves) or super().is_leaf_module(m, module_qualified_name)

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        try:
            return super().call_module(m, forward, args, kwargs)
        except Exception:
            if self._ended_in is None:
                self._ended_in = f"{self.path_of_module(m).removeprefix('network.')} ({type(m).__name__})"
            raise

    def where(self) -> str:
        """The module and the last node that came about before its end."""
        last = next(reversed(self.graph.nodes), None) if hasattr(self, "graph") else None
        node = "" if last is None else f" after node {last.name}"
        return f"{self._ended_in or 'its forward pass'}{node}"
