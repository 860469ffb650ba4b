"""Entry point of the image: `python -m mainstream_console.cluster`."""

import json
import logging
import sys
import time

import uvicorn

from mainstream.errors import MainstreamError
from mainstream_console.cluster.access import ApiReviews
from mainstream_console.cluster.api_server import ApiServer
from mainstream_console.cluster.desk import Desk
from mainstream_console.cluster.pages import make_cluster_console
from mainstream_console.cluster.settings import ConsoleSettings, read_settings
from mainstream_console.cluster.view import ClusterView, Watches

_TOLD = ("who", "app", "verdict", "kind")
"""what a line of the audit says beside its message"""


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {name: getattr(record, name) for name in _TOLD if hasattr(record, name)}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        return json.dumps({"at": at, "level": record.levelname.lower(), "message": record.getMessage(), **told})


def serve(settings: ConsoleSettings) -> None:
    """Serve until a signal ends it."""
    api, view = ApiServer(settings.api_url, settings.api_token, settings.api_certificate), ClusterView()
    watches, desk = Watches(api, view), Desk(settings.operator_url, settings.operator_token)
    pages = make_cluster_console(view, desk, ApiReviews(api), api, settings, is_filled=lambda: watches.is_filled)
    watches.start()
    # The peer's own address is what a proxy is believed by, so no header may replace it.
    config = uvicorn.Config(
        pages,
        host="0.0.0.0",  # noqa: S104 - a pod is reached at its own address
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=128,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=5,
    )
    try:
        uvicorn.Server(config).run()
    finally:
        watches.stop()
        desk.close()
        api.close()


def main() -> None:
    """Read the settings, serve, and say in one sentence why it can't."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        serve(read_settings())
    except MainstreamError as error:
        sys.exit(f"mainstream-console: {error}")


if __name__ == "__main__":
    main()
