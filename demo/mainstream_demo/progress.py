"""Progress on the terminal: a bar for everything that takes longer than two seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mainstream.counting import counted
from mainstream_runner.run import RunProgress
from mainstream_trainer.request import OnProgress
from mainstream_trainer.request import Progress as TrainingProgress


class DemoProgress:
    """Draws the demo's steps, one group of bars at a time."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def training(self) -> Iterator[OnProgress]:
        """A bar an app, and one for what all of them share."""
        with self._bars() as bars:
            tasks: dict[str, TaskID] = {}

            def show(at: TrainingProgress) -> None:
                if at.step not in tasks:
                    tasks[at.step] = bars.add_task(at.step, total=1.0, detail="")
                bars.update(tasks[at.step], completed=at.share, detail=at.detail)

            yield show

    @contextmanager
    def profiling(self) -> Iterator[Callable[[str], None]]:
        """One bar that moves; told what is being measured."""
        with self._bars() as bars:
            task = bars.add_task("profile", total=None, detail="what a frame costs on this machine")
            yield lambda step: bars.update(task, detail=step)
            bars.update(task, total=1.0, completed=1.0, detail="")

    @contextmanager
    def doing(self, title: str, detail: str) -> Iterator[Callable[[float], None]]:
        """One bar; told the share that is done."""
        with self._bars() as bars:
            task = bars.add_task(title, total=1.0, detail=detail)
            yield lambda share: bars.update(task, completed=share)

    @contextmanager
    def playing(self, title: str, seconds: float) -> Iterator[Callable[[RunProgress], None]]:
        """One bar over the seconds of the clip, with the alerts so far."""
        with self._bars() as bars:
            task = bars.add_task(title, total=seconds, detail="")
            opened = 0

            def show(at: RunProgress) -> None:
                nonlocal opened
                opened += at.alert is not None and at.alert.phase == "opened"
                bars.update(task, completed=min(at.seconds, seconds), detail=f"live, {counted(opened, 'alert')}")

            yield show

    def _bars(self) -> Progress:
        return Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}"),
            console=self._console,
        )
