"""Entry point of the image: `python -m mainstream_runner.pod`."""

import logging
import signal
import sys
import threading

from mainstream.errors import MainstreamError
from mainstream_runner.pod.admin import AdminServer, Answers
from mainstream_runner.pod.coordinator import Coordinator
from mainstream_runner.pod.orders import read_token
from mainstream_runner.pod.settings import PodSettings, read_settings
from mainstream_runner.serving.torchserve import torchserve


def run(settings: PodSettings, stopping: threading.Event) -> None:
    """Serve until told to stop; raises `MainstreamError` where TorchServe can't go on."""
    with torchserve(cache=settings.data / "engine") as server:
        coordinator = Coordinator(settings, server)
        answers = Answers(
            alive=coordinator.alive,
            ready=lambda: server.guard.poll() is None,
            report=coordinator.report,
            take_urls=coordinator.take_urls,
            token=lambda: read_token(settings.secret),
        )
        admin = AdminServer(settings.port, answers)
        try:
            coordinator.run(stopping)
        finally:
            admin.shutdown()
            coordinator.close()


def main() -> int:
    """The exit code."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # httpx tells every URL at info, and ours are keys.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        run(read_settings(), stopping)
    except MainstreamError as error:
        logging.getLogger(__name__).error("%s", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
