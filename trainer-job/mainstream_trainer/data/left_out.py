"""What is left out of a training is named and counted, never left out in silence."""

import logging
from collections.abc import Sequence

_NAMED = 5
_LOGGER = logging.getLogger(__name__)


def say_left_out(source: object, what: str, names: Sequence[str]) -> None:
    """Warn that `names` of a source were left out, and why (`what`); nothing where there are none."""
    if names:
        named = ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
        _LOGGER.warning("%s: %s: %d (%s)", source, what, len(names), named)
