"""`mainstream record`: footage to train on, from a camera to files of bounded size and number."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.counting import counted
from mainstream.errors import InvalidInputError
from mainstream_trainer.cli.job_pod import DEFAULT_IMAGE

if TYPE_CHECKING:
    from mainstream_trainer.recording.connection import CameraAddress
    from mainstream_trainer.recording.recorder import RecordingTally

_JOB = "As a Kubernetes Job"
_MAX_PASSWORD_BYTES = 4096


def record(
    stream: Annotated[
        str, typer.Argument(help="rtsp://host/path without user and password, or the name of a VideoStream.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the files.", metavar="DIR")] = Path("out/footage"),
    manifests: Annotated[
        Path, typer.Option(help="File or folder with manifests that declare the VideoStream, where STREAM is a name.")
    ] = Path(),
    user: Annotated[str | None, typer.Option(help="User of the camera; MAINSTREAM_CAMERA_USER where left out.")] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the camera's password; MAINSTREAM_CAMERA_PASSWORD where left out.", metavar="FILE"
        ),
    ] = None,
    duration: Annotated[
        float | None, typer.Option(min=0.0, help="Seconds to record; until Ctrl-C where left out.")
    ] = None,
    segment_mebibytes: Annotated[float, typer.Option(help="A file ends at the key frame after so much.")] = 64.0,
    keep_mebibytes: Annotated[
        float, typer.Option(help="Of footage in the folder, at most; the oldest files are deleted for new ones.")
    ] = 4096.0,
    job: Annotated[
        bool,
        typer.Option("--job", help="Print a Kubernetes Job that records, and do nothing else.", rich_help_panel=_JOB),
    ] = False,
    job_claim: Annotated[
        str, typer.Option(help="PersistentVolumeClaim for the footage.", rich_help_panel=_JOB)
    ] = "footage",
    job_secret: Annotated[
        str | None, typer.Option(help="Secret with the camera's username and password.", rich_help_panel=_JOB)
    ] = None,
    job_namespace: Annotated[str, typer.Option(help="Namespace.", rich_help_panel=_JOB)] = "default",
    job_image: Annotated[str, typer.Option(help="The trainer's image.", rich_help_panel=_JOB)] = DEFAULT_IMAGE,
) -> None:
    """Record a camera to train on: its packets as they are, in files that start with a key frame.

    Files are Matroska, named by the wall-clock time (UTC) of their first picture; beside each lies a JSON file with its
    start and end, and which second of the file was when. A camera that goes away is tried again and again, and counted.
    A recorder that is killed leaves files that can be read up to their last second.
    """
    from rich.console import Console

    from mainstream_trainer.cli.record_job import PASSWORD_VARIABLE, USER_VARIABLE, job_manifest
    from mainstream_trainer.recording.recorder import Recorder, Recording

    url = _url(stream, manifests)
    if job:
        arguments = [url, f"--segment-mebibytes={segment_mebibytes:g}", f"--keep-mebibytes={keep_mebibytes:g}"]
        if duration is not None:
            arguments.append(f"--duration={duration:g}")
        typer.echo(
            job_manifest(
                name="record",
                namespace=job_namespace,
                image=job_image,
                claim=job_claim,
                secret=job_secret,
                arguments=arguments,
                limit_s=duration,
            ),
            nl=False,
        )
        return
    address = _address(url, user or os.environ.get(USER_VARIABLE), password_file, PASSWORD_VARIABLE)
    recording = Recording(address, stream, out, duration, segment_mebibytes, keep_mebibytes)
    console = Console()
    with console.status("connecting ...") as status:
        recorder = Recorder(
            recording,
            on_progress=lambda tally: status.update(_progress(tally)),
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: recorder.stop())
        tally = recorder.run()
    console.print(
        f"{counted(tally.frames, 'frame')} in {counted(tally.files, 'file')} below {out}; "
        f"{counted(tally.skipped_frames, 'frame')} skipped before a key frame, "
        f"{counted(tally.interruptions, 'interruption')}, {counted(tally.clock_jumps, 'jump')} of the camera's clock, "
        f"{counted(tally.unreadable, 'damaged packet')} left out, {counted(tally.deleted_files, 'old file')} deleted",
        soft_wrap=True,
    )
    if tally.frames == 0:
        raise InvalidInputError(f"no frame came ({tally.last_problem or 'none was sent'})", source=url)


def _progress(tally: "RecordingTally") -> str:
    there = f"{counted(tally.frames, 'frame')} in {counted(tally.files, 'file')}"
    done = f"{tally.seconds:.0f} s: {there}, {counted(tally.interruptions, 'interruption')}"
    if tally.waiting_s < 1.0:
        return done
    return (
        f"{done}; waits for the camera's next key frame, {tally.waiting_s:.0f} s so far (to wait less, shorten its key "
        "frame interval)"
    )


def _url(stream: str, manifests: Path) -> str:
    from mainstream.api.manifests.load import load_manifests

    if ":" in stream:
        return stream
    streams = load_manifests(manifests).streams
    found = [each for each in streams if stream in (each.metadata.name, each.key)]
    if len(found) != 1:
        have = ", ".join(each.key for each in streams) or "none"
        problem = "is no VideoStream" if not found else "is the name of several VideoStreams"
        problem = f"{stream!r} {problem} (declared: {have}); name one, or a camera as rtsp://host/path"
        raise InvalidInputError(problem, field="STREAM", source=manifests)
    return found[0].spec.url


def _address(url: str, user: str | None, password_file: Path | None, variable: str) -> "CameraAddress":
    from mainstream_trainer.recording.connection import CameraAddress

    password = os.environ.get(variable)
    if password_file is not None:
        try:
            with password_file.open(encoding="utf-8") as file:
                password = file.read(_MAX_PASSWORD_BYTES).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"cannot be read ({error})", field="--password-file") from error
    return CameraAddress(url, user, password)
