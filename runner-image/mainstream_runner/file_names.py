"""What clip and picture of an alert are called, by time first, so that a listing is in order; and where they lie."""

from datetime import UTC, datetime
from pathlib import Path

_NAMED = "%Y%m%dT%H%M%SZ"


def app_folder(folder: Path, app: str) -> Path:
    """Where the clips and pictures of an app lie, or its files of alerts."""
    return folder / app.replace("/", ".")


def clip_names(alert_id: str, start_s: float) -> tuple[str, str]:
    """Names of an alert's clip and picture."""
    start = datetime.fromtimestamp(start_s, UTC).strftime(_NAMED)
    return f"{start}-{alert_id}.mp4", f"{start}-{alert_id}.jpg"


def start_of(name: str) -> float:
    """When the alert of a file opened, to the second, from the file's name; `ValueError` where it tells none."""
    return datetime.strptime(name.partition("-")[0], _NAMED).replace(tzinfo=UTC).timestamp()
