"""What the command says where it has nothing to say of a cluster."""

import json
from pathlib import Path

import pytest

from mainstream_kubectl.main import main


@pytest.mark.parametrize("command", [["doctor"], ["top"], ["what-if", "-f"]])
@pytest.mark.parametrize("options", [[], ["--system", "mainstream"]])
def test_an_api_server_that_does_not_answer_is_said_in_one_sentence(
    command: list[str],
    options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kubeconfig, app = tmp_path / "config", tmp_path / "app.yaml"
    kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "c",
                "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
            }
        )
    )
    app.write_text(
        "apiVersion: mainstream.video/v1alpha1\nkind: VideoApp\nmetadata: {name: new, namespace: plaza}\n"
        "spec: {stream: {name: plaza}, package: {reference: 's3://packages/new@1'}}\n"
    )
    asked = [*command, str(app)] if command[-1] == "-f" else command
    monkeypatch.setattr("sys.argv", ["kubectl-mainstream", "--kubeconfig", str(kubeconfig), *options, *asked])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("error: the API server: does not answer (0 ")
