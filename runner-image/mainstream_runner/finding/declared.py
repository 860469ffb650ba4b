"""Found cameras as VideoStreams, ready to apply; what cannot be declared is told. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from mainstream.api.video_stream import VideoStream
from mainstream.workload.first_manifests import object_name
from mainstream_runner.finding.onvif_camera import Profile

_ENCODINGS = ("H264", "H265", "MPEG4")
_ASSUMED_FPS = 25.0
_LEAST_WIDTH = 320
"""of a substream; base networks look at some 200 pixels"""
_PASSWORD_IN_URL = re.compile(r"pass(word|wd)?=[^&]|pwd=[^&]", re.IGNORECASE)


@dataclass(frozen=True)
class FoundCamera:
    """A camera that answered, and what it said of itself."""

    address: str
    name: str | None
    profiles: Sequence[Profile] = ()
    problem: str | None = None
    """why it did not say what it offers"""


@dataclass(frozen=True)
class StreamSettings:
    """What is the same for all of them."""

    node: str
    namespace: str | None = None
    secret: str | None = None


@dataclass(frozen=True)
class Declared:
    """What came of it."""

    streams: list[VideoStream]
    told: list[str]
    """a sentence for each thing to know, with the address of its camera in front"""


def declared(cameras: Sequence[FoundCamera], settings: StreamSettings) -> Declared:
    """A VideoStream for each lens of each camera; names that several have get their addresses behind them."""
    streams: list[VideoStream] = []
    told: list[str] = []
    # Of those that failed too: a name does not change once they are reached.
    count = Counter(object_name(camera.name or "camera") for camera in cameras for _ in _lenses(camera) or [[]])
    taken: set[str] = set()
    for camera in cameras:
        lenses = _lenses(camera)
        if not lenses:
            told.append(f"{camera.address}: {camera.problem or 'offers no pictures; write its VideoStream by hand'}")
        for lens in lenses:
            main = next((each for each in lens if each.encoder.encoding in _ENCODINGS), None)
            problem = _problem(lens) if main is None else _problem_with(main.url, camera.address)
            if main is None or problem is not None:
                told.append(f"{camera.address}: {problem}")
                continue
            name = object_name(camera.name or "camera")
            unique = _free(name if count[name] == 1 else object_name(f"{name[:40]}-{camera.address}"), taken)
            try:
                sub = _substream(main, lens, camera.address)
                streams.append(VideoStream.model_validate(_stream(main, sub, unique, settings)))
            except ValidationError as error:
                told.append(f"{camera.address}: what it says makes no VideoStream ({error.errors()[0]['msg']})")
                continue
            taken.add(unique)
            if main.encoder.rate is None:
                told.append(
                    f"{camera.address}: {unique} says no rate; {_ASSUMED_FPS:g} stands there, put the right one"
                )
    return Declared(streams, told)


def _lenses(camera: FoundCamera) -> list[list[Profile]]:
    """The profiles of each lens, the one with most pixels first."""
    by_source: dict[str, list[Profile]] = {}
    for profile in camera.profiles:
        by_source.setdefault(profile.source.token, []).append(profile)
    return [sorted(each, key=_pixels, reverse=True) for _, each in sorted(by_source.items())]


def _pixels(profile: Profile) -> int:
    return profile.encoder.resolution.width * profile.encoder.resolution.height


def _problem(lens: Sequence[Profile]) -> str:
    offered = ", ".join(sorted({each.encoder.encoding for each in lens}))
    return f"offers {offered} alone; set one of its profiles to H264"


def _problem_with(url: str, address: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "gives no address of its pictures that can be read; write its VideoStream by hand"
    if parts.scheme not in ("rtsp", "rtsps"):
        return f"plays its pictures by {parts.scheme or 'nothing'}, not RTSP; write its VideoStream by hand"
    if parts.hostname != address:
        return (
            f"says that its pictures are at {parts.hostname}, which is another machine; "
            "if that is so, write its VideoStream by hand"
        )
    if _PASSWORD_IN_URL.search(parts.path + "?" + parts.query):
        return "wants its password in the address of its pictures, where everybody reads it; it is not printed"
    return None


def _substream(main: Profile, lens: Sequence[Profile], address: str) -> Mapping[str, Any] | None:
    """The smallest of the same lens on which something can be seen, or the largest that is smaller still."""
    smaller = [
        (each, each.encoder.rate)
        for each in lens
        if each.encoder.encoding in _ENCODINGS
        and _pixels(each) < _pixels(main)
        and each.encoder.rate is not None
        and _problem_with(each.url, address) is None
    ]
    if not smaller:
        return None
    seen = [each for each in smaller if each[0].encoder.resolution.width >= _LEAST_WIDTH]
    chosen, rate = seen[-1] if seen else smaller[0]
    return {"url": _without_login(chosen.url), "framesPerSecond": rate.frames_per_second}


def _stream(main: Profile, sub: Mapping[str, Any] | None, name: str, settings: StreamSettings) -> Mapping[str, Any]:
    rate = main.encoder.rate
    return {
        "kind": "VideoStream",
        "metadata": {"name": name} if settings.namespace is None else {"name": name, "namespace": settings.namespace},
        "spec": {
            "url": _without_login(main.url),
            "credentialsSecretName": settings.secret,
            "framesPerSecond": _ASSUMED_FPS if rate is None else rate.frames_per_second,
            "substream": sub,
            "node": {"name": settings.node},
        },
    }


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first of name-2, name-3 and so on that nobody has."""
    number = 2
    free = name
    while free in taken:
        free = f"{name[:58]}-{number}"
        number += 1
    return free
