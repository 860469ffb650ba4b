"""What a plan predicts of each app: a file beside the plan and in the folder of its run, where a console finds it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mainstream.files.digest import Sha256
from mainstream.files.documents import read_document

PREDICTED_FILE = "predicted.json"
"""in the folder of a run"""


class PredictedApps(BaseModel):
    """F1, and the ends of its 90 % interval, by app."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    plan: Sha256
    """digest of the plan that predicts it"""
    apps: dict[str, tuple[float, float, float]] = Field(max_length=10_000)


def beside_plan(plan: Path) -> Path:
    """Where it lies beside a file with a runner's plan."""
    return plan.with_suffix(f".{PREDICTED_FILE}")


def read_predicted(path: Path) -> PredictedApps | None:
    """What is predicted; None where no file says so. Raises `InvalidInputError` where it is damaged."""
    return read_document(PredictedApps, path, way_out="remove it, or plan anew") if path.is_file() else None
