"""`mainstream receive`: show alerts that arrive."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from mainstream.errors import InvalidInputError
from mainstream_runner.cli.secret_file import read_secret

_MQTT_PORT = 1883


def receive(
    listen: Annotated[
        str, typer.Option(help="Where to listen for webhooks, HOST:PORT; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1:8088",
    key_file: Annotated[
        Path | None, typer.Option(help="File with the key that webhooks are signed with; others are refused.")
    ] = None,
    mqtt: Annotated[str | None, typer.Option(help="Listen at this broker too, HOST or HOST:PORT.")] = None,
    topic: Annotated[
        str | None,
        typer.Option(help="Topic there, as the app's sink names it, or wildcards; all where left out."),
    ] = None,
    username: Annotated[
        str | None, typer.Option(help="Login of the broker; its password is read from MAINSTREAM_MQTT_PASSWORD.")
    ] = None,
) -> None:
    """Show alerts that arrive, by webhook or over MQTT, with their pictures: a line for each here, and a page.

    Give an app the sink `webhook: {url: "http://127.0.0.1:8088/", pictures: true}` and run it. Nothing is kept: the
    page shows the last 200 alerts until Ctrl-C, to everybody who can reach it.
    """
    from mainstream_runner.receiving.board import AlertBoard
    from mainstream_runner.receiving.broker import AlertTopics
    from mainstream_runner.receiving.web import AlertWebhook

    for option, value in (("--topic", topic), ("--username", username)):
        if mqtt is None and value is not None:
            raise InvalidInputError("is for a broker; name it with --mqtt HOST", field=option)
    board = AlertBoard(typer.echo)
    host, port = _place(listen, "--listen", None)
    webhook = AlertWebhook(board, host, port, None if key_file is None else read_secret(key_file, "--key-file", "key"))
    topics: AlertTopics | None = None
    try:
        if mqtt is not None:
            login = None if username is None else (username, os.environ.get("MAINSTREAM_MQTT_PASSWORD", ""))
            topics = AlertTopics(board, *_place(mqtt, "--mqtt", _MQTT_PORT), topic or "#", login)
        typer.echo(f"page and webhook: {webhook.address}; Ctrl-C ends it")
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
    finally:
        webhook.close()
        if topics is not None:
            topics.close()


def _place(text: str, option: str, port: int | None) -> tuple[str, int]:
    host, _, given = text.rpartition(":") if ":" in text else (text, "", "")
    host = host.removeprefix("[").removesuffix("]")
    if not host or (not given.isdecimal() and (given or port is None)) or int(given or port or 0) > 65535:
        raise InvalidInputError(f"{text!r} is no place; write HOST:PORT", field=option)
    return host, int(given or port or 0)
