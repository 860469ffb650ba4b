"""`make bench-trainer`: how good micro-heads are, what they weigh, and how long they take to learn.

Everything is judged on pictures that the trainer never opens. Parts are micro (minutes), last-map (minutes) and heads
(hours).
"""

from collections.abc import Callable
from functools import partial

from common.harness import Report
from trainer.heads import micro_heads_judged
from trainer.micro import micro_heads

PARTS: dict[str, Callable[[Report], None]] = {
    "micro": micro_heads,
    "last-map": partial(micro_heads_judged, whole=False),
    "heads": partial(micro_heads_judged, whole=True),
}
