"""With what each node signs links to its own apps' alerts: derived keys, one an app, that open nobody else's."""

from collections.abc import Callable, Iterable

from mainstream.api import VideoApp
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.messages.runner_orders import sink_key
from mainstream.review.links import LINK_KEY, LINK_URL, app_key


class ReviewLinkKeys:
    """Used from several threads."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        """`url` is the console's, as people reach it; `token` is what it shares with the operator, empty until made."""
        self._url = url
        self._token = token

    def of(self, apps: Iterable[VideoApp]) -> dict[str, SinkKeys]:
        """By `sink_key`, of those that keep something for review."""
        token = self._token()
        if not token:
            return {}
        return {
            # A review comes after an app's sinks.
            sink_key(app.key, len(app.spec.sinks)): self._keys(token, app)
            for app in apps
            if app.spec.review is not None
        }

    def _keys(self, token: str, app: VideoApp) -> SinkKeys:
        key = app_key(token.encode(), app.key, app.metadata.uid or "")
        return SinkKeys({LINK_URL: self._url, LINK_KEY: key.hex()})
