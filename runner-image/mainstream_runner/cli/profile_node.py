"""`mainstream profile`: what a frame costs on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.outputs import make_folder, write_output
from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from mainstream.messages.node_profile import NodeProfile


def profile(
    manifests: Annotated[
        Path, typer.Argument(help="File or folder with manifests that declare the VideoStreams; - reads stdin.")
    ],
    out: Annotated[Path, typer.Option(help="Where the profile is written, as JSON.")] = Path("out/profile.json"),
    base: Annotated[
        list[str] | None,
        typer.Option(help="Base network to measure; repeat for more. efficientnet-lite0 where left out."),
    ] = None,
) -> None:
    """Measure CPU-seconds per frame of stem and heads, of decoding and transport, on this machine (about 50 s).

    Plays the beginning of each stream through TorchServe and the feeder, as `mainstream run` does. `mainstream plan`
    reads the result. Measure with nothing else running, or with what will run beside it.
    """
    from rich.console import Console

    from mainstream.api.manifests.load import load_manifests
    from mainstream.workload.compose import runner_stream
    from mainstream_runner.profiling.node import profile_node

    streams = [runner_stream(stream, stream.views) for stream in load_manifests(manifests).streams]
    if not streams:
        raise InvalidInputError("declares no VideoStream; add one", source=manifests)
    make_folder(out.parent, "--out")
    console = Console()
    with console.status("") as status:
        measured = profile_node(
            base or ["efficientnet-lite0"], streams, on_step=lambda step: status.update(f"{step} ...")
        )
    write_output(out, measured.model_dump_json(indent=2) + "\n", "--out")
    for each in shown(measured):
        console.print(each)
    console.print(f"written to {out}")


def shown(measured: "NodeProfile") -> "Iterator[Table | str]":
    """A table for each base network, one of everything else, and which views move."""
    from rich.table import Table

    yield f"on {measured.machine}, {measured.device}"
    unit = "CPU-milliseconds" if measured.device == "cpu" else "busy milliseconds of the GPU"
    for name, base in measured.bases.items():
        table = Table(title=f"{name}: {unit} a frame", title_justify="left")
        for column in ("branch-point", "stem", "head", "micro-heads", "a slot"):
            table.add_column(column, justify="right")
        for branch_point, seconds in enumerate(zip(base.stem_s, base.head_s, base.call_s, base.slot_s, strict=True)):
            table.add_row(str(branch_point), *(_ms(each) for each in seconds))
        yield table
    table = Table(title="beside the networks", title_justify="left")
    table.add_column("what")
    table.add_column("CPU-ms", justify="right")
    table.add_row("scaling, transport, preprocessing, a frame", _ms(measured.frame_s))
    table.add_row("heads, votes and counts, a frame of an app", _ms(measured.app_s))
    for name, decode_s in measured.decode_s.items():
        table.add_row(f"decoding {name}, a captured frame", _ms(decode_s))
    for name, modes in measured.decode_modes.items():
        for mode in modes:
            table.add_row(f"decoding {name}, a second of {mode.name}: {mode.fps:.3g} frames", _ms(mode.used_s))
    table.add_row("idle, a second", _ms(measured.idle))
    yield table
    for name, duties in measured.duties.items():
        yield from (f"view {view} of {name} moves {duty:.0%} of the time" for view, duty in duties.items())


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f}"
