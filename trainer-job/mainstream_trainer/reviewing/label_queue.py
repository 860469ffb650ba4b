"""Frames that wait for a label, as a folder that Label Studio and CVAT take: pictures, tasks and labels."""

import json
from dataclasses import dataclass
from pathlib import Path

from mainstream.mpackage.stores.store import MissingKeyError
from mainstream.review.assessment import Assessment
from mainstream.review.shelf import ReviewShelf
from mainstream.review.tally import KeptForReview

EVENT, NOTHING = "event", "nothing"
PICTURES, LABEL_STUDIO, CVAT = "pictures", "label-studio.json", "cvat-labels.json"
INTERFACE = "label-studio.xml"
_LABEL_STUDIO_INTERFACE = f"""<View>
  <Image name="picture" value="$image"/>
  <Choices name="under-way" toName="picture" choice="single-radio" showInline="true">
    <Choice value="{EVENT}" hotkey="e"/>
    <Choice value="{NOTHING}" hotkey="n"/>
  </Choices>
</View>
"""


@dataclass(frozen=True)
class Exported:
    """What was written."""

    frames: int
    gone: int
    """whose picture is kept no more"""


def export_queue(app: str, shelf: ReviewShelf, kept: KeptForReview, folder: Path, most: int) -> Exported:
    """Write at most so many frames, those that are worth a label most first; names of pictures tell the frames."""
    frames = Assessment(kept).waiting[:most]
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    tasks = []
    for frame in frames:
        try:
            picture = shelf.picture(app, frame.picture)
        except MissingKeyError:
            continue
        (folder / PICTURES / frame.picture).write_bytes(picture)
        tasks.append({"data": {"image": f"/data/local-files/?d={PICTURES}/{frame.picture}", "frame": frame.name}})
    (folder / LABEL_STUDIO).write_text(json.dumps(tasks, indent=1) + "\n", encoding="utf-8")
    (folder / INTERFACE).write_text(_LABEL_STUDIO_INTERFACE, encoding="utf-8")
    labels = [{"name": name, "type": "tag", "attributes": []} for name in (EVENT, NOTHING)]
    (folder / CVAT).write_text(json.dumps(labels, indent=1) + "\n", encoding="utf-8")
    return Exported(len(tasks), len(frames) - len(tasks))
