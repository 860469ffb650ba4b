"""What the chart renders to, for each values file in its `ci` folder; skipped where there is no helm."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from chart_tools import CHART, EVERYTHING, KUBERNETES, ROOT, VALUES, of_kind, pods, render, rendered, template, tool

each_values_file = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
OPTIONAL_KINDS = ("ServiceMonitor", "PodMonitor", "PrometheusRule")
"""of Prometheus' operator; no schema of Kubernetes knows them"""


@each_values_file
def test_every_values_file_renders_to_manifests_that_pass_strict_validation(values: Path) -> None:
    objects = render("--values", str(values))
    for each in objects:
        if each["kind"] not in OPTIONAL_KINDS:
            kubernetes_validate.validate(each, KUBERNETES, strict=True)
    names = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in objects]
    assert len(set(names)) == len(names)


@each_values_file
def test_no_right_has_a_wildcard_and_the_definitions_are_kept(values: Path) -> None:
    objects = render("--values", str(values))
    for role in of_kind(objects, "Role", "ClusterRole"):
        for rule in role["rules"]:
            assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
    for definition in of_kind(objects, "CustomResourceDefinition"):
        assert definition["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert len(of_kind(objects, "CustomResourceDefinition")) == 3


def test_each_rule_of_the_operator_says_which_call_needs_it() -> None:
    for name in ("rbac.yaml", "console.yaml"):
        for line, before in _rules(CHART / "templates" / name):
            assert before.startswith("#"), f"rule in line {line} of {name}"


def _rules(path: Path) -> list[tuple[int, str]]:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [(number + 1, lines[number - 1]) for number, line in enumerate(lines) if line.startswith("- apiGroups:")]


@each_values_file
def test_every_pod_keeps_to_the_restricted_level(values: Path) -> None:
    for pod in pods(render("--values", str(values))):
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert all("hostPath" not in volume for volume in spec.get("volumes", []))
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}


@each_values_file
def test_only_the_operator_and_the_console_have_a_token(values: Path) -> None:
    objects = render("--values", str(values))
    with_token = [pod for pod in pods(objects) if pod["spec"]["automountServiceAccountToken"]]
    names = {pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in with_token}
    assert names - {"mainstream-console"} == {"mainstream-operator"}
    for account in of_kind(objects, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


@each_values_file
def test_every_pod_is_denied_everything_that_no_policy_names(values: Path) -> None:
    objects = render("--values", str(values))
    policies = of_kind(objects, "NetworkPolicy")
    runner = {"app.kubernetes.io/name": "mainstream-runner", "app.kubernetes.io/part-of": "mainstream"}
    where = [(each["metadata"].get("namespace"), each) for each in of_kind(objects, "Pod", "Deployment", "Job")]
    labels = [(ns, pod["metadata"]["labels"]) for (ns, each) in where for pod in pods([each])]
    for namespace, label in [*labels, ("system", runner)]:
        chosen = [
            each["spec"]
            for each in policies
            if each["metadata"]["namespace"] == namespace
            and each["spec"]["podSelector"]["matchLabels"].items() <= label.items()
        ]
        assert any({"Ingress", "Egress"} == set(spec["policyTypes"]) for spec in chosen), label


def test_secrets_of_tenants_are_never_listed_and_read_only_in_their_namespaces() -> None:
    for role in of_kind(render("--set", "tenants={plaza}"), "Role", "ClusterRole"):
        for rule in role["rules"]:
            if "secrets" in rule["resources"]:
                assert role["kind"] == "Role"
                assert role["metadata"]["namespace"] in ("plaza", "system")
                if role["metadata"]["namespace"] != "system":
                    assert rule["verbs"] == ["get"]


@each_values_file
def test_what_the_operator_is_told_is_what_it_reads(values: Path) -> None:
    from mainstream_operator.settings import Settings

    given = yaml.safe_load(values.read_text(encoding="utf-8"))
    config = of_kind(render("--values", str(values)), "ConfigMap")
    [text] = [each["data"]["operator.json"] for each in config if "operator.json" in each["data"]]
    settings = Settings.model_validate_json(text)
    assert settings.namespace == "system"
    assert list(settings.runner.image_pull_secrets) == [each["name"] for each in given.get("imagePullSecrets", [])]
    assert list(settings.allowed_hosts) == given.get("allowedHosts", [])
    assert settings.allow_operator_credentials is given.get("allowOperatorCredentials", False)
    runner = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["runner"] | given.get("runner", {})
    limits = ("diskMebibytes", "spoolMebibytes", "clipsMebibytes", "clipsDays")
    assert {name: settings.runner.model_dump(by_alias=True)[name] for name in limits} == {
        name: runner[name] for name in limits
    }


def test_a_console_is_there_where_it_is_asked_for_and_reads_what_the_chart_tells_it() -> None:
    from mainstream_console.cluster.settings import ConsoleSettings

    names = ("mainstream-console", "mainstream-console-pages", "system-mainstream-console")
    assert [each["kind"] for each in render() if each["metadata"]["name"] in names] == []
    objects = render(*EVERYTHING)
    [text] = [each["data"]["console.json"] for each in of_kind(objects, "ConfigMap") if "console.json" in each["data"]]
    settings = ConsoleSettings.model_validate_json(text)
    assert settings.proxy is not None
    assert (settings.hosts, settings.proxy.user_header) == (("console.example.org",), "X-Auth-Request-User")
    assert settings.operator_url == "http://mainstream-console.system.svc:8083"
    assert '"reviewUrl": "https://console.example.org"' in rendered(*EVERYTHING)
    [role] = [each for each in of_kind(objects, "ClusterRole") if each["metadata"]["name"].endswith("-console")]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list", "watch", "create"}
    assert "secrets" not in {each for rule in role["rules"] for each in rule["resources"]}


def test_an_operator_that_reads_thousands_of_objects_on_a_busy_node_has_minutes_until_it_is_judged() -> None:
    (operator,) = (
        container
        for each in of_kind(render(), "Deployment")
        for container in each["spec"]["template"]["spec"]["containers"]
        if container["name"] == "operator"
    )
    startup, liveness = operator["startupProbe"], operator["livenessProbe"]
    assert startup["httpGet"] == liveness["httpGet"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 300


def test_images_come_from_the_registry_that_is_named_and_by_digest_where_one_is_given() -> None:
    objects = render("--values", str(CHART / "ci" / "pinned-values.yaml"))
    registry = "registry.example.org:5000/mirror"
    assert pods(of_kind(objects, "Deployment"))[0]["spec"]["containers"][0]["image"] == (
        f"{registry}/mainstream-operator@sha256:{'1' * 64}"
    )
    assert f"{registry}/mainstream-runner@sha256:{'2' * 64}" in rendered(
        "--values", str(CHART / "ci" / "pinned-values.yaml")
    )


def test_common_labels_and_annotations_are_on_everything_and_change_no_selector() -> None:
    plain, marked = render(), render(*EVERYTHING)
    for each in marked:
        if each["kind"] != "CustomResourceDefinition":
            assert each["metadata"]["labels"]["team"] == "video", each["metadata"]["name"]
            assert each["metadata"]["annotations"]["example.org/contact"] == "video@example.org"
    selectors = [
        each["spec"]["selector"]
        for objects in (plain, marked)
        for each in of_kind(objects, "Deployment")
        if each["metadata"]["name"] == "mainstream-operator"
    ]
    assert selectors[0] == selectors[1]


def test_a_training_with_other_values_is_another_job() -> None:
    names = [
        of_kind(render(*EVERYTHING, *more), "Job")[0]["metadata"]["name"]
        for more in ((), ("--set", "trainer.image.tag=other"), ("--set", "operator.workers=3"))
    ]
    assert names[0] != names[1]
    assert names[0] == names[2]


def test_the_trainer_job_of_the_chart_is_that_of_the_repository() -> None:
    [job] = of_kind(render(*EVERYTHING), "Job")
    file = yaml.safe_load((ROOT / "trainer-job" / "job.yaml").read_text(encoding="utf-8"))
    ours, theirs = (each["spec"]["template"]["spec"]["containers"][0] for each in (job, file))
    # The file spells out every default; what the chart asks for is asked for there in the same words.
    assert set(ours["args"]) - {"--seed=1"} <= set(theirs["args"])
    assert ours["securityContext"] == theirs["securityContext"]
    assert ours["envFrom"] == theirs["envFrom"]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("tenant={plaza}", "tenant"),
        ("tenants={Plaza}", "tenants"),
        ("operator.image.repository=short", "repository"),
        ("operator.image.digest=sha256:12", "digest"),
        ("allowedHosts={http://a/}", "allowedHosts"),
        ("quotas.default.budgetShare=2", "budgetShare"),
        ("quotas.default.budgetShare=0", "budgetShare"),
        ("quotas.namespaces.plaza.budgetShare=0", "budgetShare"),
        ("networkPolicy.egressCidrs={everywhere}", "egressCidrs"),
        ("runner.spoolMebibytes=0", "spoolMebibytes"),
        ("runner.clipsMebibytes=much", "clipsMebibytes"),
        ("runner.clipsDays=0", "clipsDays"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(option: str, words: str) -> None:
    done = template("--set", option)
    assert done.returncode
    assert words in done.stderr


VALUES_FILE = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
# Helm itself makes `global` where there is none.
LARGE = [name for name, value in VALUES_FILE.items() if value and isinstance(value, dict) and name != "global"]


@pytest.mark.parametrize("path", [*LARGE, "console.image", "runner.podDisruptionBudget", "metrics.podMonitor"])
def test_values_of_an_older_chart_are_told_by_what_they_lack_and_with_the_way_out(path: str, tmp_path: Path) -> None:
    older = tmp_path / "chart"
    shutil.copytree(CHART, older)
    values = yaml.safe_load((older / "values.yaml").read_text("utf-8"))
    *above, last = path.split(".")
    place = values
    for name in above:
        place = place[name]
    del place[last]
    (older / "values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    words = (tool("helm"), "template", "mainstream", str(older), "--kube-version", f"{KUBERNETES}.0")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert re.search(rf"\b{path}[.\w]*: is not among the values, which are of an older chart", done.stderr), done.stderr
    assert "upgrade with --reset-then-reuse-values" in done.stderr


def test_an_older_kubernetes_is_refused() -> None:
    done = template("--kube-version", "1.28.0")
    assert done.returncode
    assert "kubeVersion" in done.stderr


def test_the_readme_is_what_the_values_say() -> None:
    command = [tool("helm-docs"), "--chart-search-root", str(CHART), "--dry-run", "--log-level", "error"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.strip() == (CHART / "README.md").read_text(encoding="utf-8").strip(), "run `make chart-docs`"


def test_every_value_has_a_comment() -> None:
    """What helm-docs has nothing to say of ends in an empty cell."""
    rows = [line for line in (CHART / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert [row for row in rows if row.rstrip().endswith("|  |")] == []


def _findings(text: str) -> list[str]:
    program = [tool("kube-score"), "score", "--output-format", "ci", "-"]
    said = subprocess.run(program, input=text, capture_output=True, text=True, check=False).stdout
    assert "[OK]" in said
    return [line for line in said.splitlines() if line.startswith(("[CRITICAL]", "[WARNING]"))]


@each_values_file
def test_kube_score_finds_nothing_critical_and_no_warning_without_an_answer(values: Path) -> None:
    answers = (ROOT / "docs" / "kube-score.md").read_text(encoding="utf-8")
    objects = rendered("--values", str(values))
    for line in _findings(objects):
        assert line.startswith("[WARNING]"), line
        assert line.endswith("Deployment does not have a host podAntiAffinity set"), line
    for pod in pods(render("--values", str(values))):
        for check in (pod["metadata"].get("annotations") or {}).get("kube-score/ignore", "").split(","):
            assert check == "" or f"`{check}`" in answers


def test_metrics_ask_for_a_token_that_prometheus_and_the_operator_find_in_one_secret() -> None:
    from mainstream_operator.settings import Settings

    objects = render(*EVERYTHING)
    [monitor] = of_kind(objects, "ServiceMonitor")
    [endpoint] = monitor["spec"]["endpoints"]
    named = endpoint["authorization"]["credentials"]
    texts = [each["data"]["operator.json"] for each in of_kind(objects, "ConfigMap") if "operator.json" in each["data"]]
    assert named == {"name": Settings.model_validate_json(texts[0]).metrics_secret, "key": "token"}
    [secret] = [each for each in of_kind(objects, "Secret") if each["metadata"]["name"] == named["name"]]
    # What is in it is made by the operator: Helm would make another one at each upgrade.
    assert not {"data", "stringData"} & secret.keys()
