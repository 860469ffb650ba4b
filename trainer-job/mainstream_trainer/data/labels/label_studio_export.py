"""The form of Label Studio's exports: JSON (tasks with annotations) and JSON-MIN (a flat row for each annotation).

Only what bears on when a label is there; what else versions and plug-ins write is let be.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

_Count = Annotated[int, Field(ge=1)]
_ROW_KEYS = frozenset(
    {"agreement", "annotation_id", "annotator", "created_at", "id", "lead_time", "updated_at", "was_cancelled"}
)
"""of a row in JSON-MIN that are neither data nor results"""


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Range(_Part):
    """Frames from 1, both ends included; an end that is missing is open."""

    start: _Count | None = None
    end: _Count | None = None


class KeyFrame(_Part):
    """Of a region that is followed through a video; its frame is counted from 1."""

    frame: _Count
    enabled: bool = True
    time: float | None = None
    """s, by the tool's rate"""


class Value(_Part):
    """What one result says."""

    ranges: tuple[Range, ...] = ()
    sequence: tuple[KeyFrame, ...] = ()
    framesCount: _Count | None = None  # noqa: N815 - as Label Studio spells it
    """of the video, at the tool's rate"""
    duration: float | None = Field(None, ge=0)
    """s; 0 where the browser had not loaded the video"""

    @property
    def label_names(self) -> list[str]:
        """Labels of every kind: `timelinelabels`, `labels`, `rectanglelabels` and others."""
        found = [each for name, each in (self.model_extra or {}).items() if name.endswith("labels")]
        return [label for each in found if isinstance(each, list) for label in each if isinstance(label, str)]

    @property
    def seconds(self) -> tuple[float, float] | None:
        """Start and end of a stretch in seconds, where it is one."""
        start, end = ((self.model_extra or {}).get(name) for name in ("start", "end"))
        if isinstance(start, int | float) and isinstance(end, int | float) and 0 <= start < end:
            return float(start), float(end)
        return None

    @property
    def counts_frames(self) -> bool:
        """Whether it holds numbers of frames."""
        return bool(self.ranges or self.sequence)

    @property
    def fps(self) -> float | None:
        """The tool's rate: by the video's length, else by the times of key frames; None where nothing says it."""
        if self.framesCount and self.duration:
            return self.framesCount / self.duration
        timed = [(key.frame, key.time) for key in self.sequence if key.time]
        return max(timed)[0] / max(timed)[1] if timed else None


class Region(_Part):
    """One result of an annotation; those of one region have one id."""

    id: str | None = None
    value: Value = Value()


def _regions(found: object) -> object:
    """Results that hold a value; others relate two regions to each other."""
    if found is None:
        return []
    if not isinstance(found, list):
        return found
    return [each for each in found if not isinstance(each, dict) or each.get("value")]


class Annotation(_Part):
    """What one person labelled in one go."""

    number: int = Field(0, alias="id")
    regions: Annotated[tuple[Region, ...], BeforeValidator(_regions)] = Field((), alias="result")
    was_cancelled: bool | None = False
    ground_truth: bool | None = False
    completed_by: int | str | dict[str, Any] | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @property
    def annotator(self) -> str:
        """Who it is, in words."""
        names = self.annotator_names
        return names[0] if names else "somebody"

    @property
    def annotator_names(self) -> list[str]:
        """Every name that the export has for who it is."""
        who = self.completed_by
        if isinstance(who, dict):
            return [str(who[name]) for name in ("email", "username", "id") if who.get(name)]
        return [] if who is None else [str(who)]


class Task(_Part):
    """One video with what people labelled in it."""

    annotations: tuple[Annotation, ...] = ()
    predictions: tuple[Any, ...] = ()
    drafts: tuple[Any, ...] = ()
    data: dict[str, Any] = {}
    file_upload: str | None = None

    @property
    def video(self) -> str | None:
        """Its name or address."""
        texts = [each for each in self.data.values() if isinstance(each, str)]
        return self.file_upload or next(iter(texts), None)

    @property
    def fps(self) -> float | None:
        """Rate that the task itself gives the player, as of `frameRate="$fps"`."""
        found = {name.lower(): each for name, each in self.data.items()}
        rates = [found.get(name) for name in ("fps", "framerate", "frame_rate")]
        return next((float(each) for each in rates if isinstance(each, int | float) and each > 0), None)


def tasks_of(content: object) -> list[Task]:
    """Tasks of an export of either form, or of one task or annotation as cloud storage keeps it.

    Raises pydantic's `ValidationError` where something is not as Label Studio writes it.
    """
    if isinstance(content, dict):
        content = [_task_of_annotation(content) if "result" in content else content]
    rows = TypeAdapter(list[dict[str, Any]]).validate_python(content)
    if rows and all("annotations" not in row and "annotation_id" in row for row in rows):
        return _tasks_of_rows(rows)
    return [Task.model_validate(row) for row in rows]


def _task_of_annotation(annotation: dict[str, Any]) -> dict[str, Any]:
    task = annotation.get("task")
    return {**(task if isinstance(task, dict) else {}), "annotations": [annotation]}


def _tasks_of_rows(rows: list[dict[str, Any]]) -> list[Task]:
    """JSON-MIN: a row an annotation, its results below the names that they have in the labelling configuration."""
    tasks: dict[object, dict[str, Any]] = {}
    for row in rows:
        results = {name: each for name, each in row.items() if name not in _ROW_KEYS and _holds_values(each)}
        data = {name: each for name, each in row.items() if name not in _ROW_KEYS and name not in results}
        task = tasks.setdefault(row.get("id"), {"data": data, "annotations": []})
        if row["annotation_id"] is not None:
            task["annotations"].append(
                {
                    "id": row["annotation_id"],
                    "completed_by": row.get("annotator"),
                    "created_at": row.get("created_at"),
                    "updated_at": row.get("updated_at"),
                    "result": [{"value": value} for values in results.values() for value in values],
                }
            )
    return [Task.model_validate(task) for task in tasks.values()]


def _holds_values(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(each, dict) for each in found)
