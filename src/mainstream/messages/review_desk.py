"""What a console asks the operator for: what tenants keep for review, and what a node runs.

The console holds no key of a store and reads no Secret: the operator opens each tenant's store, and gives and takes
what belongs to a review alone. Whoever asks shows a token.

    GET  /v1/apps/NAMESPACE/NAME/keys          `KeptKeys`
    GET  /v1/apps/NAMESPACE/NAME/objects/KEY   an object of the app's review
    GET  /v1/apps/NAMESPACE/NAME/clips/CLIP    a piece of an alert's clip, from where `Range: bytes=START-` says
    PUT  /v1/apps/NAMESPACE/NAME/objects/KEY   a verdict, which must be one, and of this app
    GET  /v1/nodes/NODE/plan                   `RunnerPlan`
"""

from pydantic import BaseModel, ConfigDict

DESK_PORT = 8083
APPS_PATH = "/v1/apps/"
NODES_PATH = "/v1/nodes/"
KEYS, OBJECTS, CLIPS, PLAN = "keys", "objects", "clips", "plan"
MOST_KEYS = 4_000
"""of an app, the newest; as many as its measured quality rests on"""


class KeptKeys(BaseModel):
    """Where an app's objects lie, the oldest first."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    keys: tuple[str, ...]
