"""Entry point of the image, `python -m mainstream_trainer.job`: a clip and its labels from S3, packages to S3.

Keys come from the environment (the default credential chain). Progress goes to standard output, a line a step, so that
`kubectl logs` tells how far it is.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from mainstream.api.video_app import StoreAccess
from mainstream.api.video_stream import Crop
from mainstream.errors import MainstreamError
from mainstream.mpackage.s3_store import S3Store, s3_client
from mainstream_trainer.request import DEFAULT_BASE, DEFAULT_BRANCH_POINTS, Progress, TrainingRequest
from mainstream_trainer.training import train_apps

_MAX_VIDEO_BYTES = 2 << 30
_MAX_LABELS_BYTES = 16 << 20
_STEPS_TOLD = 10


def main(words: list[str]) -> int:
    """Train what is asked for; the exit code."""
    asked = _parser().parse_args(words)
    access = StoreAccess(endpoint=asked.endpoint, region=asked.region)
    try:
        client = s3_client(access, None, asked.ca_bundle)
        data, store = S3Store(asked.data, client), S3Store(asked.store, client)
        with tempfile.TemporaryDirectory(prefix="mainstream-data-") as folder:
            video, labels = Path(folder) / asked.video, Path(folder) / asked.labels
            video.write_bytes(data.read(asked.video, _MAX_VIDEO_BYTES))
            labels.write_bytes(data.read(asked.labels, _MAX_LABELS_BYTES))
            requests = [
                TrainingRequest(
                    video, labels, app, asked.base, asked.branch_points, asked.crop, asked.version, asked.seed
                )
                for app in asked.app
            ]
            manifests = train_apps(requests, store, on_progress=_Teller())
    except MainstreamError as error:
        print(f"mainstream-trainer: {error}", file=sys.stderr)
        return 2
    for manifest in manifests:
        print(f"{store}/{manifest.name}@{manifest.version} sha256:{manifest.digest}")
    return 0


class _Teller:
    """Prints a step when it is a tenth further."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def __call__(self, progress: Progress) -> None:
        tenth = int(progress.share * _STEPS_TOLD)
        if self._told.get(progress.step, -1) < tenth:
            self._told[progress.step] = tenth
            print(f"{progress.step}: {progress.detail} {100 * progress.share:.0f} %", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mainstream-trainer", description="Train apps from S3 to S3.")
    parser.add_argument("--data", required=True, help="s3://bucket/prefix with clip and labels")
    parser.add_argument("--video", default="plaza.mp4", help="the clip, below --data")
    parser.add_argument("--labels", default="labels.json", help="the labels, below --data")
    parser.add_argument("--store", required=True, help="s3://bucket/prefix to publish packages in")
    parser.add_argument("--app", action="append", required=True, help="app of the labels; repeat for more")
    parser.add_argument("--base", default=DEFAULT_BASE, help="base network")
    parser.add_argument("--branch-points", type=_numbers, default=DEFAULT_BRANCH_POINTS, help="of the candidates")
    parser.add_argument("--crop", type=_crop, help="the view: left,top,width,height in pixels")
    parser.add_argument("--version", default="1", help="version to publish as")
    parser.add_argument("--seed", type=int, default=0, help="same seed and inputs: same package")
    parser.add_argument("--endpoint", help="URL of the S3 endpoint; AWS's own where left out")
    parser.add_argument("--region", help="S3 region")
    parser.add_argument("--ca-bundle", type=Path, help="file with the endpoint's certificate authority")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _crop(text: str) -> Crop:
    left, top, width, height = (int(part) for part in text.split(","))
    return Crop(x=left, y=top, width=width, height=height)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
