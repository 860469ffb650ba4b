"""A real S3 server (versitygw) over a folder, that can be killed and started again."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from mainstream.api.store_access import StoreAccess
from mainstream.mpackage.stores.s3_client import S3Keys, s3_client
from mainstream.mpackage.stores.s3_store import S3Store

KEYS = S3Keys("key-of-a-test", "word-of-a-test")
BUCKET = "packages"
SHARED = Path(os.environ.get("MAINSTREAM_TEST_SHARED", Path(__file__).parents[4] / "shared"))


class S3Server:
    """One bucket named `packages`; the port stays the same from start to start."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._objects = folder / "objects"
        self._objects.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "--port", f"127.0.0.1:{self._port}", "posix", self._objects],
            env={**os.environ, "ROOT_ACCESS_KEY": KEYS.access_key_id, "ROOT_SECRET_KEY": KEYS.secret_access_key},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + 20
        while not self._has_bucket():
            assert time.monotonic() < deadline_s, "no S3 server within 20 s"
            time.sleep(0.1)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def client(self, *, attempts: int = 1):  # type: ignore[no-untyped-def]
        return s3_client(StoreAccess(endpoint=self.endpoint), KEYS, None, attempts=attempts)

    def store(self, prefix: str, *, attempts: int = 1) -> S3Store:
        return S3Store(f"s3://{BUCKET}/{prefix}", self.client(attempts=attempts))

    def _has_bucket(self) -> bool:
        try:
            if BUCKET not in [each["Name"] for each in self.client().list_buckets()["Buckets"]]:
                self.client().create_bucket(Bucket=BUCKET)
        except Exception:
            return False
        return True


def versitygw(folder: Path) -> str:
    """The program; skips where there is none."""
    named = os.environ.get("MAINSTREAM_TEST_VERSITYGW") or shutil.which("versitygw")
    if named:
        return named
    packed, unpack = SHARED / "bin" / "versitygw.xz", shutil.which("xz")
    if not packed.exists() or unpack is None:
        pytest.skip("no S3 server: put versitygw on PATH or name it in MAINSTREAM_TEST_VERSITYGW")
    program = folder / "versitygw"
    with program.open("wb") as file:
        subprocess.run([unpack, "-dc", packed], stdout=file, check=True)
    program.chmod(0o755)
    return str(program)
