"""`mainstream console`: review the alerts of a run on this machine."""

import getpass
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from mainstream.errors import InvalidInputError


def console(
    out: Annotated[Path, typer.Option(help="Folder of `mainstream run --review`.")] = Path("out/run"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8090,
    who: Annotated[str | None, typer.Option(help="Who reviews; your login's name where left out.")] = None,
) -> None:
    """Show alerts of a run on pages of this machine: say what was right, label frames, see the quality as measured.

    Listens on 127.0.0.1 alone. Ctrl-C ends it; what was said stays beside the alerts.
    """
    import uvicorn

    from mainstream_console.pages import make_console
    from mainstream_console.source import source_of_run

    pages = make_console(source_of_run(out), who or getpass.getuser(), ["127.0.0.1", "localhost"])
    config = uvicorn.Config(pages, log_level="warning", limit_concurrency=64, timeout_keep_alive=10)
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise InvalidInputError(f"{port} is taken on this machine; name another one", field="--port") from error
    typer.echo(f"http://127.0.0.1:{port}/; Ctrl-C ends it")
    with listening, suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
