"""What holds for all tests."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would every process that a test starts
# and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_SHARED = Path(os.environ.get("MAINSTREAM_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Footage, labels and pictures as people have them: a folder with `data` and `pictures`."""
    maker = _SHARED / "cases/make-inputs"
    if not maker.is_file():
        pytest.skip("make-inputs is not here; set MAINSTREAM_SHARED to the folder with cases/make-inputs in it")
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, maker, folder], check=True, stdout=subprocess.DEVNULL, timeout=300)
    return folder
