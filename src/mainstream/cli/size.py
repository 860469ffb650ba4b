"""`mainstream size`: how many cores so many cameras and apps need, or what fits into those that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.counting import counted
from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from mainstream.messages.node_profile import NodeProfile
    from mainstream.workload.sizing import Sizing

_LINES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160)}


def size(
    profile: Annotated[Path, typer.Option(help="What a frame costs there, as `mainstream profile` writes it.")],
    cameras: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 1,
    camera_fps: Annotated[float, typer.Option(min=0.1, max=240, help="Frames a second that each sends.")] = 25.0,
    resolution: Annotated[
        str | None, typer.Option(help="Of the cameras: 1080p, or 1920x1080; that of the profile's where left out.")
    ] = None,
    profiled: Annotated[
        str | None, typer.Option(help="Resolution of the cameras that were profiled, where the profile does not say.")
    ] = None,
    gop: Annotated[
        float | None, typer.Option(min=1, max=10_000, help="Frames from one key frame to the next; 50, say.")
    ] = None,
    apps: Annotated[int, typer.Option(min=1, max=1000, help="On each camera.")] = 1,
    fps: Annotated[float, typer.Option(min=0.1, max=60, help="Frames a second that each app analyses.")] = 5.0,
    frozen: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the base network's cost that the apps share.")
    ] = 0.8,
    base: Annotated[str | None, typer.Option(help="Base network, where the profile has several.")] = None,
    budget: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the cores that a plan may use.")] = 0.8,
    cores: Annotated[float | None, typer.Option(min=0.01, help="What there is: says what fits.")] = None,
) -> None:
    """Say how many cores so many cameras and apps need, or, with --cores, what fits.

    By the cost law and a profile of the kind of node; decoding grows with the pixels of a picture, and where apps look
    no more often than key frames come (--gop), those alone are decoded. A plan gives each app what it gains most by,
    and so gets more out of the same cores.
    """
    from mainstream.machine import machine_name
    from mainstream.messages.node_profile import read_node_profile
    from mainstream.workload.sizing import Sizing, fitting, need

    if fps > camera_fps:
        raise InvalidInputError(
            f"{fps:g} is more than the {camera_fps:g} a camera sends; lower it, or raise --camera-fps",
            field="--fps",
        )
    known = read_node_profile(profile)
    if known.device == "cuda":
        raise InvalidInputError(
            "says how long a GPU is busy, and cores are counted here; name the profile of a node with device cpu",
            field="--profile",
        )
    asked = Sizing(cameras, camera_fps, apps, fps, frozen, _pixels(resolution, profiled, known), budget, gop)
    found = need(asked, known, base)
    typer.echo(f"{_words(asked)} need {found.cores:.2f} cores, of which a plan may use {found.total:.2f}:")
    for what, seconds in (
        ("decoding, key frames" if asked.key_frames_alone else "decoding", found.decoding),
        ("views and stem, shared", found.shared),
        ("heads", found.heads),
        ("idle processes", found.idle),
    ):
        typer.echo(f"  {what:24} {seconds:.3f}")
    if known.machine != machine_name():
        typer.echo(
            f"The profile is of another machine ({known.machine}), and holds for its kind; `mainstream profile` there."
        )
    if cores is None:
        return
    fit = list(dict.fromkeys(fitting(asked, cores, known, base)))
    if fit == [asked]:
        typer.echo(f"It fits into {cores:g} cores.")
        return
    typer.echo(f"Into {cores:g} cores fit:" if fit else f"Into {cores:g} cores nothing of it fits; lower --camera-fps.")
    for each in fit:
        typer.echo(f"  {_words(each)} ({need(each, known, base).cores:.2f} cores)")
    raise typer.Exit(1)


def _words(asked: Sizing) -> str:
    return f"{counted(asked.cameras, 'camera')} with {counted(asked.apps, 'app')} each at {asked.fps:g} frames a second"


def _pixels(resolution: str | None, profiled: str | None, profile: NodeProfile) -> float:
    """Of a camera's picture, over those of the cameras that were profiled."""
    from mainstream.workload.sizing import profiled_pixels

    if resolution is None:
        return 1.0
    known = profiled_pixels(profile) if profiled is None else _area(profiled, "--profiled")
    if known is None:
        raise InvalidInputError(
            "must be named beside --resolution: this profile does not say how large its cameras' pictures were",
            field="--profiled",
        )
    return _area(resolution, "--resolution") / known


def _area(text: str, option: str) -> int:
    found = re.fullmatch(r"([0-9]{2,5})x([0-9]{2,5})", text)
    if text not in _LINES and found is None:
        raise InvalidInputError(f"must be one of {', '.join(_LINES)}, or like 1920x1080; is {text!r}", field=option)
    width, height = _LINES[text] if found is None else (int(found[1]), int(found[2]))
    return width * height
