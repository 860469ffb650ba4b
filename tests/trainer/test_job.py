"""The Job that `mainstream train --job` prints: in step with the committed one, valid, without secrets."""

import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from mainstream.cli.main import app as mainstream
from mainstream.errors import InvalidInputError
from mainstream.nn.registry import load_base_network
from mainstream_trainer.learn.groups import Step, groups_of

COMMITTED = Path(__file__).parents[2] / "trainer-job" / "job.yaml"
WORDS = "train s3://media/clip.mp4 s3://media/labels.json --app door --store s3://packages/plaza --secret store"


def printed(words):
    done = CliRunner().invoke(mainstream, shlex.split(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_committed_job_is_what_its_own_command_prints():
    text = COMMITTED.read_text()
    comment = "".join(line.removeprefix("#") for line in text.splitlines(keepends=True) if line.startswith("#"))
    command = comment.split("Written by: mainstream ")[1].replace("\\\n", " ")
    assert yaml.safe_load(printed(command)) == yaml.safe_load(text)


def test_a_job_names_its_secret_and_keeps_to_the_restricted_level(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-print-me")
    text = printed(f"{WORDS} --job")
    assert "do-not-print-me" not in text
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert container["envFrom"] == [{"secretRef": {"name": "store"}}]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"]


def test_an_indexed_job_has_a_pod_a_group_and_one_that_packs():
    spec = yaml.safe_load(printed(f"{WORDS} --indexed --groups 3"))["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 4, 4)
    words = spec["template"]["spec"]["containers"][0]["args"]
    assert "--share=$(JOB_COMPLETION_INDEX)" in words
    assert "--work=s3://packages/plaza/work" in words


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("train clip.mp4 s3://media/labels.json --store s3://p/q --job", "DATA"),
        ("train s3://media/clip.mp4 labels.json --store s3://p/q --job", "LABELS"),
        ("train s3://media/clip.mp4 s3://media/labels.json --store out --job", "--store"),
        ("train s3://m/signs --event-class 3 --events e.yaml --store s3://p/q --job", "--events"),
        (f"{WORDS} --quiet quiet.mp4 --job", "--quiet"),
        (f"{WORDS} --clip s3://m/clip.mp4=labels.json --job", "--clip"),
        (f"{WORDS} --ca-bundle ca.pem --job", "--ca-bundle"),
        (f"{WORDS} --work work --job", "--work"),
        (f"{WORDS} --base-weights weights.pth --job", "--base-weights"),
        (f"{WORDS} --base-weights bases/efficientnet-lite0@2 --indexed", "--base-weights"),
    ],
)
def test_what_a_pod_would_not_see_is_refused(words, field):
    with pytest.raises(InvalidInputError) as raised:
        CliRunner().invoke(mainstream, shlex.split(words), catch_exceptions=False)
    assert raised.value.field == field


@pytest.mark.parametrize("weights", ["https://models/lite0.pth", "s3://bases/lite/efficientnet-lite0@2"])
def test_weights_that_a_pod_can_fetch_are_passed_on(weights):
    pod = yaml.safe_load(printed(f"{WORDS} --base-weights {weights} --job"))["spec"]["template"]["spec"]
    assert f"--base-weights={weights}" in pod["containers"][0]["args"]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 20])
def test_groups_hold_every_branch_point_once_and_all_frozen_in_each(count):
    network = load_base_network("efficientnet-lite0")
    points = (0, 2, 5, 7, 9, 11, 12, 14, 15)
    groups = groups_of(points, count, network)
    assert len(groups) == min(count, 8)
    assert groups[0][0] == Step(15)
    ranges = [sorted(step.branch_point for step in group if step != Step(15)) for group in groups]
    assert [k for each in ranges for k in each] == sorted(points[:-1])


def test_candidates_go_on_from_their_neighbours_on_the_side_of_the_middle():
    network = load_base_network("efficientnet-lite0")
    (group,) = groups_of((0, 2, 7, 11, 14, 15), 1, network)
    assert group == [Step(15), Step(7), Step(2, 7), Step(0, 2), Step(11, 7), Step(14, 11)]


def test_nothing_goes_on_from_a_candidate_that_is_shared_with_other_apps():
    network = load_base_network("efficientnet-lite0")
    (group,) = groups_of((0, 2, 7, 11, 15), 1, network, common_stem=7)
    assert group == [Step(15), Step(7), Step(11), Step(2, 11), Step(0, 2)]


def test_no_group_is_much_dearer_than_the_others_have_to_be():
    network = load_base_network("efficientnet-lite0")
    groups = groups_of((0, *range(2, 16)), 3, network)
    firsts = [next(step.branch_point for step in group if step != Step(15)) for group in groups]
    # Less frozen is dearer, so such a group holds fewer.
    assert firsts == sorted(firsts)
    sizes = [len([step for step in group if step != Step(15)]) for group in groups]
    assert sizes == sorted(sizes)
