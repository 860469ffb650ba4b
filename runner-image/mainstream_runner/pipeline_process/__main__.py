"""`python -m mainstream_runner.pipeline_process CONFIG.json`: runs a plan, and says on standard output how it goes.

A line is one `messages.RunMessage`.
"""

import logging
import signal
import sys
import threading
from pathlib import Path

from mainstream.errors import MainstreamError
from mainstream_runner.pipeline_process.config import read_config
from mainstream_runner.pipeline_process.messages import RunFailed, RunMessage, encode_run_message
from mainstream_runner.pipeline_process.plan_run import PlanRun


def main(config_path: str) -> int:
    """Run the plan of a configuration; the exit code."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        run = PlanRun(read_config(Path(config_path)), _send)
        signal.signal(signal.SIGTERM, lambda *_: run.stop())
        run.run()
    except MainstreamError as error:
        _send(RunFailed(message=str(error)))
        return 2
    return 0


_sending = threading.Lock()


def _send(message: RunMessage) -> None:
    with _sending:
        sys.stdout.buffer.write(encode_run_message(message) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
