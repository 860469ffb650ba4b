"""The plaza on Kubernetes looks at what the plaza of `make demo` looks at."""

from pathlib import Path

import yaml

from mainstream.api.manifests.load import load_manifests

ROOT = Path(__file__).parents[3]
PLAIN = load_manifests(ROOT / "examples" / "plaza")
CLUSTER = load_manifests(ROOT / "examples" / "plaza" / "kubernetes")


def test_views_are_the_same() -> None:
    assert CLUSTER.streams[0].spec.views == PLAIN.streams[0].spec.views


def test_apps_are_three_of_the_six_with_the_same_packages() -> None:
    references = {app.metadata.name: app.spec.package.reference for app in PLAIN.apps}
    assert len(CLUSTER.apps) == 3
    for app in CLUSTER.apps:
        assert app.spec.package.reference == references[app.metadata.name]


def test_the_trainer_job_looks_at_the_same_view() -> None:
    job = yaml.safe_load((ROOT / "trainer-job" / "job.yaml").read_text(encoding="utf-8"))
    crop = PLAIN.streams[0].spec.views[0].crop
    arguments = job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert f"--crop={crop.x},{crop.y},{crop.width},{crop.height}" in arguments
