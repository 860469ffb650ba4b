"""Share keys: sha256 over preprocessing, graph and tensors up to a branch-point, chained segment by segment.

Equal keys mean equal outputs: whoever has the same key may share the same run. The chain makes a tenant's private
segments comparable in the same way as the public base's.
"""

import hashlib
import json

import torch
from torch import fx

from mainstream.nn.preprocessing import Preprocessing


def first_prefix_hash(preprocessing: Preprocessing) -> str:
    """Share key of branch-point 0: the preprocessed input."""
    return hashlib.sha256(json.dumps(preprocessing.as_dict(), sort_keys=True).encode()).hexdigest()


def next_prefix_hash(prefix_hash: str, segment: fx.GraphModule) -> str:
    """Share key after `segment`, given the share key before it."""
    digest = hashlib.sha256(prefix_hash.encode())
    digest.update(graph_text(segment).encode())
    for name, tensor in sorted(segment.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def graph_text(segment: fx.GraphModule) -> str:
    """What the segment computes, without names that tracing chooses: operations, their arguments and their modules."""
    order = {node: index for index, node in enumerate(segment.graph.nodes)}
    lines = []
    for node in segment.graph.nodes:
        target = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
        what = repr(segment.get_submodule(node.target)) if node.op == "call_module" else ""
        inputs = fx.node.map_arg((node.args, node.kwargs), lambda other: f"%{order[other]}")
        lines.append(f"{node.op} {target} {what} {inputs}")
    return "\n".join(lines)
