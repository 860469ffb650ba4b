"""Asks a runner's admin port, through pods/proxy: the operator needs no way to the node itself."""

from datetime import datetime

from pydantic import ValidationError

from mainstream.messages.runner_orders import ADMIN_PORT, REPORT_PATH, TOKEN_HEADER, UPLOADS_PATH, URLS_PATH
from mainstream.messages.status_report import MAX_REPORT_BYTES, SignedUploads, SignedUrls, StatusReport
from mainstream_operator.kube import Body, Kube, KubeError


class RunnerClient:
    """The runner in one pod."""

    def __init__(self, kube: Kube, namespace: str, pod: str, token: str) -> None:
        self._kube = kube
        self._namespace = namespace
        self._pod = pod
        self._headers = {TOKEN_HEADER: token}

    def report(self) -> StatusReport | None:
        """What it says of itself; None where it does not answer, or not as a runner does."""
        try:
            answer = self._kube.proxy(self._namespace, self._pod, ADMIN_PORT, REPORT_PATH, self._headers)
        except KubeError:
            return None
        if len(answer) > MAX_REPORT_BYTES:
            return None
        try:
            return StatusReport.model_validate_json(answer)
        except ValidationError:
            return None

    def send_urls(self, urls: SignedUrls | SignedUploads) -> bool:
        """Send it the URLs that it lacks; false where it does not answer (it is asked again soon anyway)."""
        headers = {**self._headers, "Content-Type": "application/json"}
        path = URLS_PATH if isinstance(urls, SignedUrls) else UPLOADS_PATH
        try:
            self._kube.proxy(self._namespace, self._pod, ADMIN_PORT, path, headers, urls.model_dump(mode="json"))
        except KubeError:
            return False
        return True


def pod_age_s(pods: tuple[Body, ...], now: datetime) -> float | None:
    """Of the pod to ask; None where there is none."""
    pod = running_pod(pods)
    if pod is None:
        return None
    return (now - datetime.fromisoformat(pod["metadata"]["creationTimestamp"])).total_seconds()


def killed_for_memory_at(pods: tuple[Body, ...]) -> datetime | None:
    """When a container of them was last killed because it needed more memory than its limit. Pure."""
    ends = [
        state["terminated"]
        for pod in pods
        for container in (pod.get("status") or {}).get("containerStatuses") or ()
        for state in (container.get("lastState") or {}, container.get("state") or {})
        if state.get("terminated")
    ]
    times = [str(each["finishedAt"]) for each in ends if each.get("reason") == "OOMKilled" and each.get("finishedAt")]
    return max((datetime.fromisoformat(each) for each in times), default=None)


def running_pod(pods: tuple[Body, ...]) -> Body | None:
    """The pod to ask: the newest that runs and is not going away."""
    running = [
        pod
        for pod in pods
        if pod["metadata"].get("deletionTimestamp") is None and pod.get("status", {}).get("phase") == "Running"
    ]
    return max(running, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), default=None)
