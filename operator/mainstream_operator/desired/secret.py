"""What is secret about one runner: the token that its admin port asks for, and its cameras' logins."""

import base64
import secrets

from mainstream.api import EdgeNode
from mainstream.runner_orders import CREDENTIALS_FILE, TOKEN_FILE, NodeCredentials
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.kinds import SECRET

_TOKEN_BYTES = 32


def node_secret(node: EdgeNode, namespace: str, token: str, credentials: NodeCredentials) -> Desired:
    """The one Secret of a node."""
    texts = {TOKEN_FILE: token, CREDENTIALS_FILE: credentials.model_dump_json()}
    data = {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}
    return owned(SECRET, node, namespace, {"type": "Opaque", "data": data})


def new_token() -> str:
    """A token that nobody knows."""
    return secrets.token_urlsafe(_TOKEN_BYTES)
