"""What clip and picture of an alert are called, by time first, so that a listing is in order; and where they lie."""

from pathlib import Path

from mainstream.times import stamp


def app_folder(folder: Path, app: str) -> Path:
    """Where the clips and pictures of an app lie, or its files of alerts."""
    return folder / app.replace("/", ".")


def clip_names(alert_id: str, start_s: float) -> tuple[str, str]:
    """Names of an alert's clip and picture."""
    name = f"{stamp(start_s)}-{alert_id}"
    return f"{name}.mp4", f"{name}.jpg"
