"""AlertPictures that travel with alerts to sinks other than a bucket: each a record of the spool, read at delivery."""

from pathlib import Path

from mainstream_runner.file_names import app_folder
from mainstream_runner.sinks.destination import RefusedError

MOST_BYTES = 1 << 20
"""of one picture; 640 columns of JPEG are a tenth of it"""


class AlertPictures:
    """The pictures on the node's disk, which keeps the newest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, app: str, name: str) -> bytes:
        """A JPEG of at most 1 MiB; raises `RefusedError` where it is gone or larger."""
        try:
            with (app_folder(self._folder, app) / name).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError:
            raise RefusedError("the picture is no longer on the node's disk, which keeps the newest") from None
        if len(content) > MOST_BYTES:
            raise RefusedError("the picture has more than 1 MiB")
        return content
