"""What is secret about one runner: the token that its admin port asks for, and its cameras' logins."""

import base64

from mainstream.api import EdgeNode
from mainstream.messages.runner_orders import CREDENTIALS_FILE, TOKEN_FILE, NodeCredentials
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.kinds import SECRET


def node_secret(node: EdgeNode, namespace: str, token: str, credentials: NodeCredentials) -> Desired:
    """The one Secret of a node."""
    texts = {TOKEN_FILE: token, CREDENTIALS_FILE: credentials.model_dump_json()}
    data = {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}
    return owned(SECRET, node, namespace, {"type": "Opaque", "data": data})
