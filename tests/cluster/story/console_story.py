"""The console as the chart runs it, with apps that keep what is to be reviewed, and somebody who may judge it."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import av
import httpx
from api_stage import free_port
from cluster_stage import CHART, SYSTEM, TENANT, Stage
from cluster_story import APPS, all_ready, begin_story
from cluster_tools import ROOT, spawn, tool, wait_for

from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.review.objects import (
    CLIP,
    DrawnFrame,
    DrawnFrames,
    encode_object,
    frames_object,
    key_of,
    picture_of_frame,
)
from mainstream.review.shelf import ReviewShelf
from mainstream.times import HOUR_S

KEPT, CLIPS = "s3://media/kept", "s3://media/clips"
PERSON = "reviewer"
HOURS = 3
"""that an app has been reviewed for before the story begins: nobody waits for them"""
_PLAZA = ROOT / "examples" / "plaza"
_STANDS_FOR_S = (4.0, 20.0, 200.0, 3000.0)
"""seconds of an hour, by stratum"""
_ALERTS_S = 150.0
"""nearly two rounds of the camera's clip"""


@dataclass
class ConsoleStory:
    """Where the pages are, who may come in, and what is kept of the app that is looked at."""

    stage: Stage
    url: str
    token: str
    app: str = ""
    events: dict[str, bool] = field(default_factory=dict)
    """whether somebody was there, by the name of each frame that can be labelled"""

    def is_event(self, frame: str) -> bool:
        """Whether an event is under way; on none that the runner keeps as its hour ends meanwhile."""
        return self.events.get(frame, False)

    def shelf(self) -> ReviewShelf:
        """What tenants' apps keep, read beside the console."""
        return ReviewShelf(S3Store(KEPT, self.stage.outside.client))


@contextmanager
def open_console_story(stage: Stage, folder: Path) -> Iterator[ConsoleStory]:
    """Let the console in beside the story's apps, until two alerts of one are kept; then take it all back."""
    begin_story(stage)
    port = free_port()
    story = ConsoleStory(stage, f"http://localhost:{port}", "")
    stage.upgrade(CHART, "console.enabled=true", f"console.url={story.url}")
    try:
        story.token = _person(stage)
        store = stage.package("any")["store"]
        for name in APPS:
            app = stage.app(name, package=stage.package(name), review={"prefix": KEPT, "store": store})
            app["spec"]["sinks"].append({"clips": {"prefix": CLIPS, "store": store}})
            stage.apply(app)
        with _pages(stage, port, folder / "port-forward.log"):
            all_ready(stage, *APPS)
            story.app = wait_for("app with two alerts and their clips", partial(_with_clips, story), _ALERTS_S, 2)
            story.events = _keep_frames(S3Store(KEPT, stage.outside.client), story.app)
            yield story
    finally:
        stage.apply_examples()
        stage.kubectl("delete", "clusterrolebinding,clusterrole", PERSON)
        stage.kubectl("delete", "-n", TENANT, f"serviceaccount/{PERSON}", f"rolebinding/{PERSON}")
        stage.upgrade(CHART, "console.enabled=false", "console.url=")
        all_ready(stage, *APPS)


def _person(stage: Stage) -> str:
    """Somebody with role `edit` in the tenant's namespace, who may look at nodes; their token."""
    account = ("--serviceaccount", f"{TENANT}:{PERSON}")
    stage.kubectl("create", "serviceaccount", PERSON, "-n", TENANT)
    stage.kubectl("create", "rolebinding", PERSON, "--clusterrole", "edit", *account, "-n", TENANT)
    stage.kubectl("create", "clusterrole", PERSON, "--verb=get", "--resource=edgenodes.mainstream.video")
    stage.kubectl("create", "clusterrolebinding", PERSON, "--clusterrole", PERSON, *account)
    return stage.kubectl("create", "token", PERSON, "-n", TENANT, "--duration", "1h").strip()


@contextmanager
def _pages(stage: Stage, port: int, log: Path) -> Iterator[None]:
    """The console's pages at a port of this machine, as docs/review.md has it."""
    words = ("port-forward", "-n", SYSTEM, "service/mainstream-console-pages", f"{port}:80")
    forward = spawn([tool("kubectl", packed="kube"), "--kubeconfig", stage.cluster.kubeconfig, *words], log)
    try:
        wait_for("pages", partial(_answers, f"http://localhost:{port}/login"), 60)
        yield
    finally:
        forward.terminate()
        forward.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _with_clips(story: ConsoleStory) -> str:
    """An app of which two alerts have closed and their clips are there."""
    clips = set(S3Store(CLIPS, story.stage.outside.client).all_keys())
    for app in APPS:
        kept = story.shelf().kept(app)
        if sum(f"{app}/{each.alert.clip}" in clips for each in kept.alerts if each.alert.clip) >= 2:
            assert all(str(each.alert.clip).endswith(CLIP) for each in kept.alerts if each.alert.clip)
            return app
    return ""


def _keep_frames(store: S3Store, app: str) -> dict[str, bool]:
    """Frames of some hours before, as a runner keeps them, with pictures of the camera's clip; what is on each."""
    runs = json.loads((_PLAZA / "labels.json").read_text(encoding="utf-8"))["apps"][app]["runs"]
    hour, events = int(time.time() // HOUR_S), {}
    with av.open(str(_PLAZA / "plaza.mp4")) as clip:
        pictures = (frame for number, frame in enumerate(clip.decode(video=0)) if number % 31 == 0)
        for past in range(HOURS, 0, -1):
            drawn = []
            for stratum, stands_for_s in enumerate(_STANDS_FOR_S):
                picture, content = next(pictures), io.BytesIO()
                at_s = (hour - past) * HOUR_S + 600.0 * (stratum + 1)
                drawn.append(DrawnFrame(at_s=at_s, score=0.3, stratum=stratum, chance=0.01, stands_for_s=stands_for_s))
                number = round(float(picture.time or 0.0) * 10)
                events[drawn[-1].name] = any(first <= number < end for first, end in runs)
                picture.to_image().resize((640, 480)).save(content, "JPEG")
                store.put(key_of(app, picture_of_frame(at_s, stratum)), content.getvalue())
            frames = DrawnFrames(frames=tuple(drawn))
            store.put(key_of(app, frames_object(frames)), encode_object(frames))
    return events
