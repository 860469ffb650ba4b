"""A namespace has a node measure a few base networks, whatever its packages name."""

from collections.abc import Callable

from mainstream.api import VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.admission.base_networks import MOST_BASES, beyond_bases
from mainstream.decide.decide import decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.mpackage.manifest import Manifest
from mainstream.workload.node_workload import NodeWorkload, PlacedApp

MakeApp = Callable[..., VideoApp]
MakePackage = Callable[[str], Manifest]


def placed(make_app: MakeApp, package: Manifest, stream: VideoStream, key: str, base: str, **spec: object) -> PlacedApp:
    namespace, name = key.split("/")
    app = make_app(name, **spec)
    app = app.model_copy(update={"metadata": app.metadata.model_copy(update={"namespace": namespace})})
    return PlacedApp(app, stream, package.model_copy(update={"base": package.base.model_copy(update={"name": base})}))


def test_a_namespace_names_a_few_base_networks_and_its_neighbours_theirs(
    make_app: MakeApp, make_package: MakePackage, stream: VideoStream
) -> None:
    def app(key: str, base: str, **spec: object) -> PlacedApp:
        return placed(make_app, make_package("door"), stream, key, base, **spec)

    many = [app(f"evil/app-{n}", f"resnet-50-in-{n}") for n in range(1, 9)]
    again = app("evil/app-9", "resnet-50-in-1")
    tried = app("evil/a-dry-run", "vit-b-16", dryRun=True)
    honest = [app(f"plaza/{name}", base) for name, base in (("door", "tiny"), ("lift", "resnet-18"))]
    refused = beyond_bases([*many, again, tried, *honest])
    assert set(refused) == {each.name for each in many[MOST_BASES:]} | {tried.name}
    message = refused["evil/app-5"].message
    assert "resnet-50-in-1" in message
    assert "tiny" not in message


def test_whoever_is_beyond_them_is_not_among_what_a_runner_has_to_measure(
    make_app: MakeApp, make_package: MakePackage, stream: VideoStream, workload: NodeWorkload
) -> None:
    package = make_package("door")
    apps = [placed(make_app, package, stream, f"evil/app-{n}", f"tiny-in-{n}") for n in range(1, 40)]
    decision = decide_node(
        NodeInputs(
            node=workload.node,
            apps=tuple(AskingApp(each.app, stream) for each in apps),
            refused={},
            packages={each.name: PackageState(manifest=each.package) for each in apps},
            measured=workload.profile,
        ),
        StepPlanning(lambda: 0.0),
    )
    assert len({each.package.base.name for each in decision.usable}) == MOST_BASES
    assert [why.reason for why in decision.refused.values()] == [Reason.BASE_UNAVAILABLE] * (39 - MOST_BASES)
