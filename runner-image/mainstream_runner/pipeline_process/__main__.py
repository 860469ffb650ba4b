"""`python -m mainstream_runner.pipeline_process CONFIG.json`: plays a plan; says on standard output, in JSON lines, how it goes.

Lines have a `kind`: `playing` once the clock starts, `progress` every second, `event` for every report opened or
closed, `played` at the end, `error` with a `message` for the user to put right (exit code 2).
"""

import json
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from mainstream.errors import MainstreamError
from mainstream_runner.pipeline_process.config import read_config
from mainstream_runner.pipeline_process.plan_run import Play


def main(config_path: str) -> int:
    """Play the plan of a configuration; the exit code."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        play = Play(read_config(Path(config_path)), _say)
        signal.signal(signal.SIGTERM, lambda *_: play.stop())
        play.run()
    except MainstreamError as error:
        _say({"kind": "error", "message": str(error)})
        return 2
    return 0


_saying = threading.Lock()


def _say(line: dict[str, Any]) -> None:
    with _saying:
        print(json.dumps(line, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
