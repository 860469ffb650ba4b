"""Entry point of the image: `python -m mainstream_runner.pod`."""

import logging
import signal
import sys
import threading
from contextlib import closing

from mainstream.errors import MainstreamError
from mainstream_runner.pod.admin import AdminServer, Answers
from mainstream_runner.pod.coordinator import Coordinator
from mainstream_runner.pod.metrics import render_metrics
from mainstream_runner.pod.orders import read_token
from mainstream_runner.pod.serving import Serving
from mainstream_runner.pod.settings import PodSettings, read_settings


def run(settings: PodSettings, stopping: threading.Event) -> None:
    """Serve until told to stop; raises `MainstreamError` where it takes a new container to go on."""
    with closing(Serving(settings.data / "engine")) as serving:
        coordinator = Coordinator(settings, serving)
        answers = Answers(
            alive=coordinator.alive,
            ready=coordinator.ready,
            health=coordinator.status.health,
            report=coordinator.status.report,
            metrics=render_metrics(coordinator.status.snapshot),
            take_urls=coordinator.take_urls,
            take_uploads=coordinator.take_uploads,
            forget=coordinator.forget,
            token=lambda: read_token(settings.secret),
            metrics_token=lambda: read_token(settings.metrics),
        )
        admin = AdminServer(settings.port, answers)
        try:
            coordinator.run(stopping)
        finally:
            admin.shutdown()
            coordinator.close()


def main(settings: PodSettings | None = None) -> int:
    """Run with these settings, or those of the environment; the exit code."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # httpx tells every URL at info, and ours are keys.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        run(settings or read_settings(), stopping)
    except MainstreamError as error:
        logging.getLogger(__name__).error("%s", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
