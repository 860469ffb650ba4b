"""What a node is asked to do that nobody has tried: said of it, so that it is not taken for granted. Pure."""

from mainstream.api.edge_node import EdgeNode
from mainstream.api.reasons import Reason
from mainstream_operator.status.conditions import Stated, is_false

_CUDA = (
    "Mainstream has never been run on a GPU, nor was one profiled with it; name an image with a CUDA build of torch "
    "(runner.cuda.image), hold its alerts against those of a node with device cpu (`mainstream evaluate`), or "
    "set spec.device to cpu."
)


def verification(node: EdgeNode) -> list[Stated]:
    """Condition Verified where something was never run; none where all of it was."""
    return [is_false("Verified", Reason.NOT_VERIFIED, _CUDA)] if node.spec.device == "cuda" else []
