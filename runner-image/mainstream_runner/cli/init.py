"""`mainstream init`: manifests from a camera or file, and packages."""

import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.outputs import make_folder, write_output
from mainstream.cli.store_options import with_s3_options
from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstream.api.model import Resource
    from mainstream.api.store_access import StoreAccess
    from mainstream.footage.stream_fit import DeliveredPicture
    from mainstream.mpackage.stores.opening import StoreOptions
    from mainstream.workload.first_manifests import FirstApp

_FILES = ("node.yaml", "stream.yaml", "apps.yaml")
_MEASURED_S = 3.0
_USER, _PASSWORD = "MAINSTREAM_CAMERA_USER", "MAINSTREAM_CAMERA_PASSWORD"


@with_s3_options("ca_bundle", "profile")
def init(
    source: Annotated[str, typer.Argument(help="rtsp://host/path without user and password, or a video file.")],
    package: Annotated[
        list[str], typer.Option("--package", help="Package to run, STORE/name@version; give one for each app.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for node.yaml, stream.yaml and apps.yaml.")] = Path("manifests"),
    stream: Annotated[str | None, typer.Option(help="Name of the camera; made from SOURCE where left out.")] = None,
    node: Annotated[
        str | None, typer.Option(help="Name of the node, as `kubectl get nodes` says; this machine's where left out.")
    ] = None,
    namespace: Annotated[str | None, typer.Option(help="Namespace of stream and apps.")] = None,
    secret: Annotated[
        str | None, typer.Option(help="Secret with the camera's username and password, for the cluster.")
    ] = None,
    budget: Annotated[float, typer.Option(min=0.001, max=1, help="Share of one core that plans may use.")] = 0.8,
    fps: Annotated[
        float | None, typer.Option(min=0.1, max=240, help="Frames a second, where the camera does not tell.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(help="Where alerts and their pictures go, such as http://127.0.0.1:8088/.")
    ] = None,
    store_secret: Annotated[
        str | None, typer.Option(help="Secret with the keys of the packages' store, for the cluster.")
    ] = None,
    *,
    s3: "StoreOptions",
) -> None:
    """Write manifests for one camera or file and the apps of some packages, ready for `plan` and for `kubectl apply`.

    The stream is opened, and packages are read: rate, crop and node are filled in, and what does not fit is said. A
    camera's login is read from MAINSTREAM_CAMERA_USER and MAINSTREAM_CAMERA_PASSWORD, keys of S3 from the environment,
    and neither is written anywhere. Files that are there already are left alone.
    """
    from dataclasses import replace

    from mainstream.api.manifests.load import load_manifests
    from mainstream.workload.first_manifests import (
        FirstNames,
        checked_name,
        first_manifests,
        manifest_text,
        object_name,
    )
    from mainstream.workload.trained_view import view_problem

    there = [name for name in _FILES if (out / name).exists()]
    if there:
        raise InvalidInputError(f"holds {there[0]} already; name another folder", field="--out", source=out)
    url = _address(source)
    names = FirstNames(
        node=checked_name(node or socket.gethostname().lower(), "--node"),
        stream=object_name(Path(source).stem) if stream is None else checked_name(stream, "--stream"),
        namespace=None if namespace is None else checked_name(namespace, "--namespace"),
        secret=None if secret is None else checked_name(secret, "--secret"),
        budget=budget,
        sinks=[] if webhook is None else [_webhook(webhook)],
        store=_store(package, s3, store_secret),
    )
    apps = [_read(each, s3) for each in package]
    delivered = _look_at(url)
    if fps is not None:
        delivered = replace(delivered, fps=fps)
    declared_node, declared_stream, declared_apps = first_manifests(url, delivered, apps, names)
    make_folder(out, "--out")
    resources: tuple[Sequence[Resource], ...] = ([declared_node], [declared_stream], declared_apps)
    for name, described in zip(_FILES, resources, strict=True):
        write_output(out / name, manifest_text(described), "--out")
    load_manifests(out)
    shown = f"{delivered.width}x{delivered.height}, {declared_stream.spec.frames_per_second:g} frames a second"
    typer.echo(f"{out}: stream {declared_stream.key} ({shown}) on node {names.node}")
    for app, declared in zip(apps, declared_apps, strict=True):
        problem = view_problem(declared_stream.crop(declared.spec.stream.view), app.trained, delivered.size)
        typer.echo(f"  {declared.key}: view {declared.spec.stream.view}" + (f"; {problem}" if problem else ""))
    if _are_in_s3(package):
        typer.echo(f"next: kubectl apply -f {out}")
    else:
        typer.echo(f"next: mainstream profile {out}, which writes out/profile.json, then")
        typer.echo(f"      mainstream plan {out} --profile out/profile.json --store FOLDER, where the packages are")


def _address(source: str) -> str:
    """What the stream's url will be; a login in it would be written down."""
    scheme, found, rest = source.partition("://")
    if not found:
        path = Path(source)
        if not path.is_file():
            raise InvalidInputError("is no file; name a video, or a camera as rtsp://host/path", source=source)
        return f"file:{path.resolve()}"
    if scheme not in ("rtsp", "rtsps"):
        raise InvalidInputError(f"is {scheme}://...; name a camera as rtsp://host/path, or a video", field="SOURCE")
    if "@" in rest.partition("/")[0]:
        raise InvalidInputError(
            f"holds a login, which manifests never do; leave it out, and set {_USER} and {_PASSWORD}", field="SOURCE"
        )
    return source


def _webhook(url: str) -> dict[str, object]:
    """A sink as it is written in a manifest."""
    from pydantic import ValidationError

    from mainstream.api.sinks.sink import WebhookSink
    from mainstream.files.documents import all_problems

    sink = {"url": url, "pictures": True}
    try:
        WebhookSink.model_validate(sink)
    except ValidationError as error:
        raise InvalidInputError(f"{all_problems(error)[1]}; give http://host:port/", field="--webhook") from None
    return {"webhook": sink}


def _store(packages: list[str], s3: "StoreOptions", secret: str | None) -> "StoreAccess":
    """How the cluster reaches the packages' store."""
    from mainstream.api.store_access import StoreAccess
    from mainstream.workload.first_manifests import checked_name

    if not _are_in_s3(packages):
        for option, given in (("--endpoint", s3.endpoint), ("--region", s3.region), ("--store-secret", secret)):
            if given is not None:
                raise InvalidInputError("is for packages in S3; name them as s3://bucket/prefix/name@1", field=option)
    named = None if secret is None else checked_name(secret, "--store-secret")
    return StoreAccess(endpoint=s3.endpoint, region=s3.region, secret_name=named, anonymous=s3.anonymous)


def _are_in_s3(packages: list[str]) -> bool:
    """Where a cluster finds them, and `mainstream plan` does not."""
    return all(each.startswith("s3://") for each in packages)


def _read(text: str, s3: "StoreOptions") -> "FirstApp":
    from mainstream.cli.store_options import DEFAULT_STORE
    from mainstream.mpackage.reading import open_package
    from mainstream.mpackage.stores.opening import open_store, split_reference
    from mainstream.workload.first_manifests import FirstApp, object_name

    where, reference = split_reference(text, DEFAULT_STORE)
    manifest = open_package(open_store(where, s3), reference)
    store = where if where.startswith("s3://") else f"file:{where.removeprefix('file:')}"
    return FirstApp(object_name(reference.name), f"{store}/{reference}", manifest.training.view)


def _look_at(url: str) -> "DeliveredPicture":
    """Opens the stream for a moment; a camera that tells no rate is counted for three seconds."""
    from dataclasses import replace

    from mainstream.messages.runner_orders import Login
    from mainstream.messages.runner_plan import RunnerStream
    from mainstream_runner.feeder.camera import with_login
    from mainstream_runner.feeder.source import Source

    user, password = os.environ.get(_USER), os.environ.get(_PASSWORD)
    login = None if user is None or password is None else Login(username=user, password=password)
    shown = RunnerStream(name="camera", url=with_login(url, login), fps=1.0, crops={})
    try:
        opened = Source(shown)
    except InvalidInputError as error:
        # Its own text may hold the address with its login.
        way_out = "give another video" if url.startswith("file:") else f"check the address, and {_USER} and {_PASSWORD}"
        raise InvalidInputError(f"cannot be looked at ({error.message}); {way_out}", source=url) from None
    try:
        if opened.delivered.fps is not None:
            return opened.delivered
        start_s, frames = time.monotonic(), 0
        for _ in opened.frames(start_s):
            frames += 1
            if time.monotonic() - start_s >= _MEASURED_S:
                break
        return replace(opened.delivered, fps=round(frames / (time.monotonic() - start_s), 1))
    finally:
        opened.close()
