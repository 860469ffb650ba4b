"""A store that keeps what is reviewed, an app that names it, and the only Secret there is."""

import base64
from typing import Any

from operator_objects import app_body, typed
from s3_server import BUCKET, KEYS

from mainstream.api import VideoApp
from mainstream.hosts.rules import HostRules
from mainstream_operator.kube import Body, Ref

HERE = HostRules(allowed=("127.0.0.1",))


class OneSecret:
    """Reads the same keys under any name."""

    def get(self, ref: Ref) -> Body | None:
        texts = {"AWS_ACCESS_KEY_ID": KEYS.access_key_id, "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key}
        return {"data": {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}}


def reviewed_app(endpoint: str, **review: Any) -> VideoApp:
    store = {"endpoint": endpoint, "secretName": "store"}
    thing = typed(app_body(review={"prefix": f"s3://{BUCKET}/kept", "store": store, **review}))
    assert isinstance(thing, VideoApp)
    return thing
