"""`mainstream cameras`: what cameras there are on this machine's network."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.errors import InvalidInputError
from mainstream_runner.cli.secret_file import read_secret

if TYPE_CHECKING:
    from mainstream_runner.finding.onvif_camera import CameraLogin

commands = typer.Typer(help="Cameras on this machine's own network.", no_args_is_help=True)


@commands.command()
def find(
    user: Annotated[str | None, typer.Option(help="ONVIF user of the cameras; the password is asked for.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password, where nobody can be asked.")
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(help="Secret that will hold their login in the cluster; 'cameras' where --user is given."),
    ] = None,
    node: Annotated[
        str | None, typer.Option(help="Node that is to analyse them; this machine's name where left out.")
    ] = None,
    namespace: Annotated[str | None, typer.Option(help="Namespace of the streams.")] = None,
    seconds: Annotated[float, typer.Option(min=1, max=60, help="How long to wait for cameras to answer.")] = 4.0,
) -> None:
    """Print a VideoStream for each camera that answers to ONVIF, ready for `kubectl apply -f`.

    Run it on a machine in the cameras' own network: the question (WS-Discovery) is a multicast over IPv4, which pods
    cannot send. Of each lens the profile with the most pixels is taken, and as its substream a small one. The login is
    shown to every camera that answers, as a digest, and never printed; a Secret brings it to the cluster. What could
    not be declared is said on stderr.
    """
    from mainstream.workload.first_manifests import checked_name, manifest_text
    from mainstream_runner.finding.declared import StreamSettings, declared
    from mainstream_runner.finding.find import find_cameras

    settings = StreamSettings(
        node=checked_name(node or socket.gethostname().lower(), "--node"),
        namespace=None if namespace is None else checked_name(namespace, "--namespace"),
        secret=checked_name(secret, "--secret") if secret else "cameras" if user else None,
    )
    found = find_cameras(_login(user, password_file), seconds)
    if not found:
        raise InvalidInputError(
            f"no camera answered within {seconds:g} s: run it in the cameras' own network, not in a pod, and "
            "switch ONVIF and its discovery on in their settings"
        )
    made = declared(found, settings)
    for sentence in made.told:
        # What strangers wrote does not steer a terminal.
        typer.echo("".join(each if each.isprintable() else "?" for each in sentence), err=True)
    if not made.streams:
        raise InvalidInputError("no camera can be declared; the lines above say why")
    if settings.secret is not None:
        where = "" if settings.namespace is None else f" --namespace {settings.namespace}"
        typer.echo(
            f"their login: kubectl create secret generic {settings.secret}{where} --from-literal=username=USER "
            '--from-literal=password="$(cat FILE)"',
            err=True,
        )
    typer.echo(manifest_text(made.streams), nl=False)


def _login(user: str | None, password_file: Path | None) -> "CameraLogin | None":
    from mainstream_runner.finding.onvif_camera import CameraLogin

    if user is None:
        if password_file is not None:
            raise InvalidInputError("is of a user; name it with --user", field="--password-file")
        return None
    if password_file is not None:
        return CameraLogin(user, read_secret(password_file, "--password-file", "password"))
    return CameraLogin(user, str(typer.prompt("Password of the cameras", hide_input=True, err=True)))
