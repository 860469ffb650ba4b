"""Entry point of `kubectl mainstream`."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mainstream.api.manifests.load import load_manifests
from mainstream.counting import counted
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream_kubectl.alerts import news, told
from mainstream_kubectl.cluster import read_apps, read_cluster
from mainstream_kubectl.connection import Connection, connect
from mainstream_kubectl.doctor.doctor import examine
from mainstream_kubectl.doctor.facts import read_facts
from mainstream_kubectl.node_costs import read_costs
from mainstream_kubectl.orders import read_plan
from mainstream_kubectl.plan_tree import plan_table, plan_tree
from mainstream_kubectl.top import render_top
from mainstream_kubectl.what_if import asked, try_apps
from mainstream_kubectl.why import why as causes
from mainstream_operator.kube import KubeError

app = typer.Typer(name="kubectl mainstream", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
_FOLLOW_S = 5.0
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", help="Namespace of the app; the context's own else.")
]


@dataclass(frozen=True)
class _Asked:
    """What the options before the command say."""

    kubeconfig: Path | None
    context: str | None
    system: str | None

    def connect(self) -> Connection:
        return connect(self.kubeconfig, self.context, self.system)


@app.callback()
def options(
    context: typer.Context,
    kubeconfig: Annotated[Path | None, typer.Option(help="Kubeconfig; $KUBECONFIG or ~/.kube/config else.")] = None,
    kube_context: Annotated[str | None, typer.Option("--context", help="Context of the kubeconfig.")] = None,
    system: Annotated[
        str | None, typer.Option(help="The release's namespace; where the operator is found else.")
    ] = None,
) -> None:
    """What Mainstream's objects in a cluster say, and what is wrong with them. Reads with your own rights."""
    context.obj = _Asked(kubeconfig, kube_context, system)


@app.command()
def top(context: typer.Context, namespace: Namespace = None) -> None:
    """Nodes with their budgets, and who costs what of them, the costliest first."""
    to = _connection(context)
    cluster = read_cluster(to.kube, namespace)
    Console().print(render_top(cluster, read_costs(to, cluster)), highlight=False)


@app.command()
def why(context: typer.Context, name: str, namespace: Namespace = None) -> None:
    """What stands in an app's way, followed to its stream and node; or why it got what it got."""
    to = _connection(context)
    where = namespace or to.namespace
    cluster = read_cluster(to.kube, where)
    for line in causes(cluster.app(name, where), cluster):
        typer.echo(line)


@app.command(name="what-if")
def what_if(
    context: typer.Context,
    file: Annotated[
        Path, typer.Option("--filename", "-f", help="Manifests of VideoApps, as for `kubectl apply`; - is stdin.")
    ],
    namespace: Namespace = None,
    timeout: Annotated[float, typer.Option(min=1, max=600, help="Seconds to wait for each answer.")] = 60.0,
) -> None:
    """What the plan would give these apps, and who would lose: by dry runs beside what runs, which go again."""
    to = _connection(context)
    apps = load_manifests(file).apps
    if not apps:
        raise InvalidInputError("holds no VideoApp; name a file with at least one", field="--filename", source=file)
    bodies = [asked(each, namespace or to.namespace) for each in apps]
    if not try_apps(to.kube, bodies, timeout, typer.echo):
        raise typer.Exit(1)


@app.command()
def plan(
    context: typer.Context,
    node: str,
    tree: Annotated[bool, typer.Option("--tree", help="What is run once for several apps, as a tree.")] = False,
) -> None:
    """The plan that a node's runner was given last."""
    to = _connection(context)
    made = read_plan(to.kube, node, to.system)
    if made is None:
        typer.echo(f"node {node} has no plan; see `kubectl describe edgenode {node}`")
        raise typer.Exit(1)
    Console().print(plan_tree(made) if tree else plan_table(made), highlight=False, markup=False)


@app.command()
def alerts(
    context: typer.Context,
    name: str,
    namespace: Namespace = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on, with a line for each change, until Ctrl-C.")] = False,
) -> None:
    """How many alerts an app raised and when; its status has it at most half a minute late."""
    to = _connection(context)
    where = namespace or to.namespace
    known = read_apps(to.kube, where).app(name, where)
    typer.echo(told(known))
    while follow:
        time.sleep(_FOLLOW_S)
        now = read_apps(to.kube, where).app(name, where)
        line = news(known.status.observed, now.status.observed)
        if line is not None:
            typer.echo(line)
        known = now


@app.command()
def doctor(context: typer.Context) -> None:
    """Everything that is wrong with the installation, its nodes and what runs there, each with its way out."""
    found = examine(read_facts(_connection(context)))
    for each in found:
        typer.echo(f"- {each}")
    typer.echo(counted(len(found), "finding") if found else "nothing is wrong")
    if found:
        raise typer.Exit(1)


def _connection(context: typer.Context) -> Connection:
    asked_for: _Asked = context.obj
    return asked_for.connect()


def main() -> None:
    """Run it; a `MainstreamError`, or a silent API server, is the user's to put right: one sentence, exit code 2."""
    try:
        app()
    except MainstreamError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except KubeError as error:
        typer.echo(f"error: the API server: does not answer ({error}); see `kubectl cluster-info`", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
