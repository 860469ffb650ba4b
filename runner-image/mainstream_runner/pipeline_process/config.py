"""What the process of one run has to do, as a JSON file."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mainstream.files.documents import read_document
from mainstream.messages.runner_orders import NodeCredentials
from mainstream.messages.runner_plan import RunnerPlan


class RunConfig(BaseModel):
    """One run of a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: RunnerPlan
    store: Path
    """folder store that the engine loads weights from"""
    out: Path
    """folder for frames.jsonl, events/, clips/ and the spool"""
    credentials: NodeCredentials = NodeCredentials()
    """logins of cameras and keys of sinks"""
    port: int = Field(ge=1, le=65535)
    """of TorchServe's inference API, on loopback"""
    start_frame: int = Field(0, ge=0)
    """first frame of a file that is played; earlier ones are decoded before the clock starts"""
    end_frame: int | None = Field(None, ge=1)
    """frame before which playing ends (of a camera, counted from its first); None is the stream's end"""


def read_config(path: Path) -> RunConfig:
    """Read a configuration; raises `InvalidInputError` naming file and field."""
    return read_document(RunConfig, path, way_out="the runner writes one for each run")
