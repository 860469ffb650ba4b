"""What one node keeps of an app's alerts of a time span, removed: files first, so that no record asks for one again."""

from mainstream.messages.forgetting import ForgetOrder, Forgotten
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.spool import Spool


def forget_here(
    order: ForgetOrder, spool: Spool, recorder: ClipRecorder, files: AlertFiles
) -> tuple[Forgotten, list[int]]:
    """What was removed, and numbers of the records that waited.

    Raises `OSError` or `sqlite3.Error` where the disk takes no deletion.
    """
    removed, lines = recorder.forget(order), files.forget(order)
    numbers, still_open = spool.forget(order)
    return Forgotten(deliveries=len(numbers), files=removed, lines=lines, still_open=still_open), numbers
