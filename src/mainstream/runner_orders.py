"""How a runner in a pod is told what to do: files that are mounted, and an admin port that is asked.

Both sides read these names from here: the operator that writes ConfigMap and Secret and asks, the runner that watches
the folders and answers.
"""

from pydantic import BaseModel, ConfigDict, Field

from mainstream.node_profile import NodeProfile
from mainstream.runner_plan import RunnerStream

PLAN_FILE = "plan.json"
"""a `RunnerPlan`; absent until something is planned"""
WANTED_FILE = "wanted.json"
TOKEN_FILE = "token"  # noqa: S105 - the name of a file
"""what whoever asks the admin port has to show"""
CREDENTIALS_FILE = "streams.json"
"""a `StreamCredentials`"""

ADMIN_PORT = 8080
TOKEN_HEADER = "X-Mainstream-Token"  # noqa: S105 - the name of a header; pods/proxy strips Authorization
HEALTH_PATH = "/healthz"
READY_PATH = "/readyz"
REPORT_PATH = "/report"
URLS_PATH = "/urls"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Wanted(_Part):
    """What a runner has to profile before anything can be planned for it."""

    bases: tuple[str, ...] = ()
    """names of base networks, sorted"""
    streams: tuple[RunnerStream, ...] = ()
    profile: NodeProfile | None = None
    """what is known already, so that a runner whose disk is new need not measure it again"""
    declared: bool = False
    """the profile is the platform team's and holds whatever machine it was measured on"""


class Login(_Part):
    """User and password of one camera."""

    username: str = Field(repr=False)
    password: str = Field(repr=False)


class StreamCredentials(_Part):
    """Of every stream on the node that needs some, by its name on the node."""

    logins: dict[str, Login] = Field(default_factory=dict)
