"""What the chart renders to, for each values file in its `ci` folder; skipped where there is no helm."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "mainstream"
SHARED = Path(os.environ.get("MAINSTREAM_TEST_SHARED", ROOT.parent / "shared"))
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program."""
    named = os.environ.get("MAINSTREAM_TEST_HELM") or shutil.which("helm")
    if named:
        return named
    packed, unpack = SHARED / "bin" / "helm.xz", shutil.which("xz")
    if not packed.exists() or unpack is None:
        pytest.skip("no helm: put it on PATH or name it in MAINSTREAM_TEST_HELM")
    program = tmp_path_factory.mktemp("helm") / "helm"
    with program.open("wb") as file:
        subprocess.run([unpack, "-dc", packed], stdout=file, check=True)
    program.chmod(0o755)
    return str(program)


def render(helm: str, *options: str) -> list[dict[str, Any]]:
    command = [
        helm,
        "template",
        "mainstream",
        str(CHART),
        "--namespace",
        "system",
        "--kube-version",
        "1.34.0",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in objects if each["kind"] == kind]


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_every_values_file_renders_without_wildcards_and_keeps_the_definitions(helm: str, values: Path) -> None:
    objects = render(helm, "--values", str(values))
    for role in (*of_kind(objects, "Role"), *of_kind(objects, "ClusterRole")):
        for rule in role["rules"]:
            assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
    for definition in of_kind(objects, "CustomResourceDefinition"):
        assert definition["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert len(of_kind(objects, "CustomResourceDefinition")) == 3


def test_the_operator_keeps_to_the_restricted_level(helm: str) -> None:
    pod = of_kind(render(helm), "Deployment")[0]["spec"]["template"]["spec"]
    container = pod["containers"][0]["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["readOnlyRootFilesystem"] is True
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}


def test_secrets_of_tenants_are_never_listed_and_read_only_in_their_namespaces(helm: str) -> None:
    objects = render(helm, "--set", "tenants={plaza}")
    for role in (*of_kind(objects, "Role"), *of_kind(objects, "ClusterRole")):
        for rule in role["rules"]:
            if "secrets" in rule["resources"]:
                assert role["kind"] == "Role"
                assert role["metadata"]["namespace"] in ("plaza", "system")
                if role["metadata"]["namespace"] != "system":
                    assert rule["verbs"] == ["get"]


def test_what_the_operator_is_told_is_what_it_reads(helm: str) -> None:
    from mainstream_operator.settings import Settings

    objects = render(helm, "--values", str(CHART / "ci" / "tenants-values.yaml"))
    settings = Settings.model_validate_json(of_kind(objects, "ConfigMap")[0]["data"]["operator.json"])
    assert settings.namespace == "system"
    assert settings.runner.image_pull_secrets == ("registry",)


def test_a_value_that_is_misspelled_is_refused(helm: str) -> None:
    command = [helm, "template", "mainstream", str(CHART), "--set", "tenant={plaza}", "--kube-version", "1.34.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "tenant" in done.stderr
