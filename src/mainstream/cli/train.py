"""`mainstream train`: labelled video in, one M-Package an app out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from mainstream.api.video_stream import Crop


def train(
    video: Annotated[Path, typer.Argument(help="Clip to train on.")],
    labels: Annotated[Path, typer.Argument(help="Event runs by app, and which frames train (JSON).")],
    app: Annotated[
        list[str] | None, typer.Option(help="App of the labels to train; repeat for more. All where left out.")
    ] = None,
    store: Annotated[Path, typer.Option(help="Folder to publish packages in.", metavar="DIR")] = Path("out/packages"),
    base: Annotated[str, typer.Option(help="Base network.")] = "efficientnet-lite0",
    branch_points: Annotated[
        str, typer.Option(help="Branch-points to make candidates at: 0 is nothing frozen, the last everything.")
    ] = "0,7,11,15",
    crop: Annotated[
        str | None, typer.Option(help="Part of the picture to look at, in pixels: x,y,width,height.")
    ] = None,
    version: Annotated[str, typer.Option(help="Version to publish as; what is published never changes.")] = "1",
    seed: Annotated[int, typer.Option(help="Same seed and inputs: same package.")] = 0,
) -> None:
    """Train the candidates of each app on a labelled clip and publish them as an M-Package.

    Only the clip's training part is looked at; a quarter of that is held out, to stop training and to measure. An app
    that is published with the same inputs is not trained again.
    """
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TimeElapsedColumn

    from mainstream.labels import read_labels
    from mainstream.mpackage.folder_store import FolderStore

    try:
        from mainstream_trainer.request import Progress, TrainingRequest
        from mainstream_trainer.training import train_apps
    except ImportError as error:
        raise InvalidInputError(f"training needs {error.name}: pip install 'mainstream[trainer]'") from error

    view, points = _crop(crop), _branch_points(branch_points)
    requests = [
        TrainingRequest(video, labels, name, base, points, view, version, seed)
        for name in (app or read_labels(labels).apps)
    ]
    console = Console()
    with Bars(*Bars.get_default_columns(), TimeElapsedColumn(), console=console) as bars:
        tasks = {}

        def show(progress: Progress) -> None:
            if progress.step not in tasks:
                tasks[progress.step] = bars.add_task(progress.step, total=1.0)
            bars.update(
                tasks[progress.step],
                completed=progress.share,
                description=f"{progress.step}: {progress.detail}",
            )

        manifests = train_apps(requests, FolderStore(store), on_progress=show)
    for manifest in manifests:
        console.print(f"{manifest.name}@{manifest.version}  sha256:{manifest.digest}", soft_wrap=True)


def _branch_points(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError(f"write whole numbers with commas, not {text!r}", field="--branch-points") from None


def _crop(text: str | None) -> "Crop | None":
    from pydantic import ValidationError

    from mainstream.api.video_stream import Crop

    if text is None:
        return None
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError(f"write x,y,width,height in pixels, not {text!r}", field="--crop") from None
    try:
        return Crop(x=x, y=y, width=width, height=height)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(first["msg"], field=f"--crop: {first['loc'][0]}") from error
