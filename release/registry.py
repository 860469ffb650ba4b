"""Pushes images and chart to a registry, and has the chart name each image by the digest that it got there."""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PARTS = ("operator", "runner", "trainer", "console")
"""each with an image of its own"""
_TIMEOUT_S = 900.0
_PLAIN = "http://"


class CannotReleaseError(Exception):
    """Something is missing or disagrees; says what to do."""


@dataclass(frozen=True)
class Registry:
    """Where images and charts are pushed to."""

    address: str
    """host, or host/path"""
    plain_http: bool = False
    """without TLS, as one on this machine may be"""

    @classmethod
    def named(cls, text: str) -> "Registry":
        """Of `registry.example.org/team`, or `http://127.0.0.1:5000` for one without TLS."""
        address = text.removeprefix(_PLAIN).removeprefix("https://").strip("/")
        return cls(address, plain_http=text.startswith(_PLAIN))

    def image(self, part: str) -> str:
        """Repository of an image."""
        return f"{self.address}/mainstream-{part}"

    def push_image(self, part: str, archive: Path, version: str) -> str:
        """Push an archive under the version as its tag; the digest that it has there."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "digest"
            plain = ("--dest-tls-verify=false",) if self.plain_http else ()
            places = (f"docker-archive:{archive}", f"docker://{self.image(part)}:{version}")
            run("skopeo", "copy", "--quiet", *plain, "--digestfile", file, *places)
            return file.read_text(encoding="utf-8").strip()

    def push_chart(self, helm: str, package: Path) -> str:
        """Push a packed chart as an OCI artifact; where it then is."""
        target = f"oci://{self.address}/charts"
        run(helm, "push", package, target, *(("--plain-http",) if self.plain_http else ()))
        return f"{target}/mainstream"


def pinned(values: str, registry: Registry, digests: Mapping[str, str]) -> str:
    """The chart's values, with images of that registry by their digests."""
    for part, digest in digests.items():
        place = re.compile(
            rf"(?P<repository> repository: )localhost/mainstream-{part}\n(?P<between>.*?)(?P<tag> tag: )\S+\n"
            r'(?P<more>.*?)(?P<digest> digest: )""\n',
            re.DOTALL,
        )
        found = place.search(values)
        if found is None:
            raise CannotReleaseError(f"charts/mainstream/values.yaml: has no image of the {part} to put a digest to")
        lines = (
            f"{found['repository']}{registry.image(part)}\n{found['between']}",
            f'{found["tag"]}""\n{found["more"]}{found["digest"]}{digest}\n',
        )
        values = values[: found.start()] + "".join(lines) + values[found.end() :]
    return values


def run(*command: str | Path) -> None:
    """Run a program; `CannotReleaseError` where it is missing or fails."""
    words = [str(each) for each in command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise CannotReleaseError(f"no {words[0]}: install it (apt-get install {words[0]})") from None
    if done.returncode:
        raise CannotReleaseError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()[-2000:]}")
