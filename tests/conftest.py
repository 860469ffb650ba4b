"""What holds for all tests."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would every process that a test starts
# and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests run side by side, a process a core: threads of theirs would wait for one another, and spin as long as they wait.
# Small steps of training took ten times as much processor time.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

# What several folders of tests share.
sys.path.insert(0, str(Path(__file__).parent / "tools"))

_SHARED = Path(os.environ.get("MAINSTREAM_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Footage, labels and pictures as people have them: a folder with `data` and `pictures`."""
    maker = _SHARED / "cases/make-inputs"
    if not maker.is_file():
        pytest.skip("make-inputs is not here; set MAINSTREAM_SHARED to the folder with cases/make-inputs in it")
    base = tmp_path_factory.getbasetemp()
    # It is half a minute of work, which processes of one run do once.
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = common / "cases", common / "cases-are-made"
    with (common / "cases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            subprocess.run([sys.executable, maker, folder], check=True, stdout=subprocess.DEVNULL, timeout=300)
            made.touch()
    return folder


# Of one module: playwright has an event loop in this thread as long as it is open, beside which no other can run.
@pytest.fixture(scope="module")
def screen() -> Iterator[object]:
    """A browser that pages are shown in (`screen.Screen`)."""
    from screen import open_screen

    with open_screen() as opened:
        yield opened


@pytest.fixture
def real_camera() -> Iterator[Callable[[Path], str]]:
    """Plays an H.264 file as a camera does; gives its URL."""
    tool = os.environ.get("MAINSTREAM_TEST_RTSP_CAMERA") or shutil.which("rtsp-camera")
    tool = tool or str(_SHARED / "camera/rtsp-camera")
    started: list[subprocess.Popen[str]] = []

    def play(path: Path) -> str:
        if not Path(tool).exists():
            pytest.skip("no camera: put rtsp-camera on PATH or name it in MAINSTREAM_TEST_RTSP_CAMERA")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        line = [tool, str(path), "--port", str(port)]
        camera = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        started.append(camera)
        assert camera.stdout is not None
        url = camera.stdout.readline().strip()
        if not url:
            pytest.skip("the camera does not start; see what rtsp-camera --help says it needs")
        return url

    yield play
    for camera in started:
        camera.kill()
        camera.wait(10)
