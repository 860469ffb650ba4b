"""Time that is shared out by namespaces, so that what one of them asks for keeps nobody else waiting."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class NamespaceTime:
    """What every namespace may take and has taken, since this was made; belongs to one thread."""

    def __init__(self, most_s: float, clock: Callable[[], float]) -> None:
        """Each may take `most_s`; `clock` gives seconds that never run backwards."""
        self._most_s = most_s
        self._clock = clock
        self._taken_s: defaultdict[str, float] = defaultdict(float)

    def has_some(self, namespace: str) -> bool:
        """Whether it may take more."""
        return self._taken_s[namespace] < self._most_s

    @contextmanager
    def take(self, namespace: str) -> Iterator[float]:
        """What is done meanwhile is its; when, by the clock, it has taken all that it may."""
        start_s = self._clock()
        try:
            yield start_s + self._most_s - self._taken_s[namespace]
        finally:
            self._taken_s[namespace] += self._clock() - start_s
