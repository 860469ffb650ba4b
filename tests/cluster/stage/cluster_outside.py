"""What stands outside the cluster, for real: an S3 store, a camera, a webhook. Pods reach them as Services."""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
from cluster_tools import ROOT, spawn, tool, wait_for

from mainstream.api.store_access import StoreAccess
from mainstream.mpackage.stores.s3_client import S3Keys, s3_client
from mainstream.mpackage.stores.s3_store import S3Store

KEYS = S3Keys(
    os.environ.get("AWS_ACCESS_KEY_ID", "test-access-key"),
    os.environ.get("AWS_SECRET_ACCESS_KEY", "test-secret-key-0123456789"),
)
CAMERA_USER, CAMERA_PASSWORD = "viewer", "pass/word:@1"
S3_PORT, CAMERA_PORT, WEBHOOK_PORT = 9000, 8554, 8088
STORE_URL = f"http://s3.plaza.svc:{S3_PORT}"
CAMERA_URL = f"rtsp://camera.plaza.svc:{CAMERA_PORT}/stream"
"""as the example has them"""
HOOK_KEY = "a-key-of-the-webhook"
"""signs what is delivered, where an app names the Secret `hook`"""
_REPEATS = 40
"""of the clip: the camera's stream should outlast the tests"""


@dataclass
class Received:
    """Events that arrived at the webhook."""

    events: list[dict[str, Any]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    signed: list[bool] = field(default_factory=list)
    """whether each is signed with `HOOK_KEY`, over the very bytes that came"""

    def of(self, app: str) -> list[dict[str, Any]]:
        """Events of one app."""
        return [event for event in list(self.events) if event["app"] == app]


@dataclass(frozen=True)
class Outside:
    """Everything that stands outside."""

    received: Received
    packages: S3Store
    client: Any
    store_url: str
    """as pods see it"""
    camera_url: str
    """as pods see it, without login"""


@contextmanager
def open_outside(folder: Path, host: str) -> Iterator[Outside]:
    """Start all three, and end them."""
    with ExitStack() as stack:
        own_store = os.environ.get("MAINSTREAM_TEST_S3_ENDPOINT")
        endpoint = own_store or _start_store(folder, host, stack)
        client = s3_client(StoreAccess(endpoint=endpoint), KEYS, None)
        for bucket in ("packages", "media"):
            wait_for("S3 store", partial(_made, client, bucket), 30)
        media = S3Store("s3://media/plaza", client)
        for name in ("plaza.mp4", "labels.json"):
            media.put(name, (ROOT / "examples" / "plaza" / name).read_bytes(), replace=True)
        camera_url = os.environ.get("MAINSTREAM_TEST_CAMERA_URL") or start_camera(folder, host, stack)
        received = Received()
        server = ThreadingHTTPServer((host, WEBHOOK_PORT), _receiver(received))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        yield Outside(received, S3Store("s3://packages/plaza", client), client, own_store or STORE_URL, camera_url)


def services(host: str) -> list[dict[str, Any]]:
    """Services without pods, that lead to this machine."""
    return [
        part
        for name, port in (("s3", S3_PORT), ("camera", CAMERA_PORT), ("events", WEBHOOK_PORT))
        for part in service(name, port, host)
    ]


def secrets() -> list[dict[str, Any]]:
    """What apps and stream name."""
    store = {"AWS_ACCESS_KEY_ID": KEYS.access_key_id, "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key}
    camera = {"username": CAMERA_USER, "password": CAMERA_PASSWORD}
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "plaza"}, "stringData": data}
        for name, data in (("store", store), ("camera", camera), ("hook", {"key": HOOK_KEY}))
    ]


def service(name: str, port: int, host: str, namespace: str = "plaza") -> list[dict[str, Any]]:
    """A Service without pods, that leads to this machine."""
    metadata = {"name": name, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": port}]}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [host]}],
            "ports": [{"port": port}],
        },
    ]


def _start_store(folder: Path, host: str, stack: ExitStack) -> str:
    objects = folder / "s3"
    objects.mkdir(parents=True)
    root = {"ROOT_ACCESS_KEY": KEYS.access_key_id, "ROOT_SECRET_KEY": KEYS.secret_access_key}
    gateway = tool("versitygw")
    server = spawn([gateway, "--port", f"{host}:{S3_PORT}", "posix", objects], folder / "s3.log", root)
    stack.callback(server.wait)
    stack.callback(server.terminate)
    return f"http://{host}:{S3_PORT}"


def start_camera(folder: Path, host: str, stack: ExitStack) -> str:
    """Plays the clip to whoever has its login; its address as pods see it."""
    clip = folder / "camera.mp4"
    _repeat(ROOT / "examples" / "plaza" / "plaza.mp4", clip)
    program = tool("rtsp-camera", shared="camera/rtsp-camera")
    login = ("--user", CAMERA_USER, "--password", CAMERA_PASSWORD)
    camera = spawn([program, clip, "--address", host, "--port", str(CAMERA_PORT), *login], folder / "camera.log")
    stack.callback(camera.wait)
    stack.callback(camera.terminate)
    time.sleep(1)
    assert camera.poll() is None, (folder / "camera.log").read_text()
    return CAMERA_URL


def _repeat(clip: Path, target: Path) -> None:
    """The clip over and over, without encoding it again."""
    with av.open(str(target), "w") as out:
        stream, start = None, 0
        for _ in range(_REPEATS):
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                end = start
                for packet in source.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.stream = stream
                    packet.pts, packet.dts = packet.pts + start, packet.dts + start
                    end = max(end, packet.pts + (packet.duration or 0))
                    out.mux(packet)
                start = end


def _made(client: Any, bucket: str) -> bool:
    try:
        client.create_bucket(Bucket=bucket)
    except client.exceptions.BucketAlreadyOwnedByYou:
        return True
    except Exception:
        return False
    return True


def _receiver(received: Received) -> type[BaseHTTPRequestHandler]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.times_s.append(time.monotonic())
            received.signed.append(_is_signed(self.headers, body))
            received.events.append(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the base class
            pass

    return Receiver


def _is_signed(headers: Message, body: bytes) -> bool:
    """As docs/events.md says that a reader should check."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(HOOK_KEY.encode(), signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(f"v1,{expected}", headers["webhook-signature"] or "")
