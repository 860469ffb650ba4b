"""CPU used over the last minute, over what the profile says that the achieved rates cost: the runner's half of the
closed loop. A node that got slower, or a neighbour on the same box, shows here before frames are late."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.profiling.minute import Minute

_WINDOW_S = 60.0
_LEAST_COST = 0.005
"""CPU-seconds per second; less says nothing that could be told from noise"""


@dataclass(frozen=True)
class _Sample:
    at_s: float
    cpu_s: float
    analysed: Mapping[str, int]
    stood: Mapping[str, int]


class CostRatio:
    """Sampled about once a second by one thread, read by any; a change of plan or profile starts it anew."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()
        self._of: tuple[RunnerPlan, NodeProfile] | None = None
        self._taught_s = float("-inf")

    def sample(
        self,
        now_s: float,
        cpu_s: float,
        analysed: Mapping[str, int],
        stood: Mapping[str, int],
        plan: RunnerPlan | None,
        profile: NodeProfile | None,
    ) -> None:
        """Note where things stand: monotonic time, CPU-seconds of all processes and analysed frames by app so far
        and on how many of them scores stood, the plan that is served and the profile that it was made with."""
        # What a GPU's profile says is not told by the CPU that was used.
        of = None if plan is None or profile is None or profile.device == "cuda" else (plan, profile)
        # Less CPU than before: TorchServe was started anew, and what the earlier one used is no longer told.
        if of != self._of or (self._samples and cpu_s < self._samples[-1].cpu_s):
            self._of = of
            self._samples.clear()
        if of is None:
            return
        self._samples.append(_Sample(now_s, cpu_s, dict(analysed), dict(stood)))
        while len(self._samples) > 1 and now_s - self._samples[1].at_s >= _WINDOW_S:
            self._samples.popleft()

    def value(self) -> float | None:
        """The ratio; None until the plan ran for a minute, or where what it costs is too little to tell."""
        of, minute = self._of, self._minute()
        if of is None or minute is None:
            return None
        try:
            cost = expected_cost(minute.plan, minute.rates, of[1], minute.ran)
        except KeyError:
            return None
        return minute.used / cost if cost >= _LEAST_COST else None

    def lesson(self) -> Minute | None:
        """The last minute, once it is over; each is given once."""
        minute = self._minute()
        if minute is None or self._samples[0].at_s < self._taught_s:
            return None
        self._taught_s = self._samples[-1].at_s
        return minute

    def _minute(self) -> Minute | None:
        of, samples = self._of, tuple(self._samples)
        if of is None or len(samples) < 2 or samples[-1].at_s - samples[0].at_s < _WINDOW_S:
            return None
        first, last = samples[0], samples[-1]
        seconds = last.at_s - first.at_s
        rates = {app: (count - first.analysed.get(app, 0)) / seconds for app, count in last.analysed.items()}
        stood = {app: (count - first.stood.get(app, 0)) / seconds for app, count in last.stood.items()}
        ran = {app: rates[app] - stood.get(app, 0.0) for app in rates}
        return Minute(of[0], rates, ran, (last.cpu_s - first.cpu_s) / seconds)
