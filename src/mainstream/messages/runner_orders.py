"""How a runner in a pod is told what to do: files that are mounted, and an admin port that is asked.

Both sides read these names from here: the operator that writes ConfigMap and Secret and asks, the runner that watches
the folders and answers.
"""

from pydantic import BaseModel, ConfigDict, Field

from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.hosts.rules import HostRules
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerStream

TOKEN_FILE = "token"  # noqa: S105 - the name of a file
"""what whoever asks the admin port has to show"""
CREDENTIALS_FILE = "credentials.json"
"""a `NodeCredentials`"""

ADMIN_PORT = 8080
TOKEN_HEADER = "X-Mainstream-Token"  # noqa: S105 - the name of a header; pods/proxy strips Authorization
HEALTH_PATH = "/healthz"
READY_PATH = "/readyz"
REPORT_PATH = "/report"
URLS_PATH = "/urls"
"""takes `SignedUrls`: where blobs can be read"""
UPLOADS_PATH = "/uploads"
"""takes `SignedUploads`: where clips can be written"""
FORGET_PATH = "/forget"
"""takes `ForgetOrder`, answers `Forgotten`"""
METRICS_PATH = "/metrics"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Wanted(_Part):
    """What a runner has to profile before anything can be planned for it, and which hosts it may call for tenants."""

    bases: tuple[str, ...] = ()
    """names of base networks, sorted"""
    streams: tuple[RunnerStream, ...] = ()
    profile: NodeProfile | None = None
    """what is known already, so that a runner whose disk is new need not measure it again"""
    host_rules: HostRules = HostRules()
    """until the operator has said, all but internal ones"""
    declared: bool = False
    """the profile is the platform team's and holds whatever machine it was measured on"""


class Login(_Part):
    """User and password of one camera."""

    username: str = Field(repr=False)
    password: str = Field(repr=False)


class NodeCredentials(_Part):
    """Of every stream and sink on the node that needs some."""

    logins: dict[str, Login] = Field(default_factory=dict)
    """by name of the stream on the node"""
    sinks: dict[str, SinkKeys] = Field(default_factory=dict)
    """by `sink_key`"""


def sink_key(app: str, index: int) -> str:
    """Name of the `index`-th sink of an app, unique on the node."""
    return f"{app}#{index}"
