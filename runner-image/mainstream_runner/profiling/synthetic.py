"""Plans with random weights: something to run where only time, counts or equality of scores matter."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypedDict

import torch
from torch import nn

from mainstream.head_form import HeadForm
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob, PrivateSegment
from mainstream.mpackage.publish import blob_of
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.heads.kinds import make_head
from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.tensors import pack_tensors

_SPREAD = 0.02
"""relative change of private weights: enough to be others, too little to blow up"""


def synthetic_app(
    network: Network, store: Path, stream: RunnerStream, branch_point: int, fps: float, seed: int
) -> RunnerApp:
    """An app named `app-<seed>` on the stream's first view, with random private weights; its blobs go to `store`."""
    random = torch.Generator().manual_seed(seed)
    prefix_hash = network.prefix_hashes[branch_point]
    segments: list[PrivateSegment] = []
    for index, segment in enumerate(network.trainable_segments(branch_point), start=branch_point):
        for parameter in segment.parameters():
            parameter.data *= 1 + _SPREAD * torch.randn(parameter.shape, generator=random)
        prefix_hash = next_prefix_hash(prefix_hash, segment)
        segments.append(PrivateSegment(branch_point=index, prefix_hash=prefix_hash, blob=put(store, segment)))
    head = PoolLinear(network.feature_channels)
    head.weight.data.copy_(0.05 * torch.randn(head.weight.shape, generator=random))
    return RunnerApp(
        **_shared(network, stream, branch_point, fps, seed),
        candidate=f"tuned-{branch_point}",
        kind="fine-tuned",
        segments=tuple(segments),
        head_form=HeadForm(kind="pool-linear", map=network.map_at(network.depth)),
        head=put(store, head),
    )


def synthetic_micro_app(
    network: Network, store: Path, stream: RunnerStream, form: tuple[str, int, int], fps: float, seed: int
) -> RunnerApp:
    """The same with a micro-head of random weights; `form` is its kind, its tap and its width."""
    kind, tap, width = form
    random = torch.Generator().manual_seed(seed)
    head = make_head(kind, network.map_at(tap), width)
    with torch.no_grad():
        for tensor in head.state_dict().values():
            tensor.copy_(0.05 * torch.randn(tensor.shape, generator=random))
    return RunnerApp(
        **_shared(network, stream, tap, fps, seed),
        candidate=f"{kind}-{tap}",
        kind="micro",
        segments=(),
        head_form=HeadForm(kind=kind, width=16 if width == 16 else 8, map=network.map_at(tap)),
        head=put(store, head),
    )


class _Shared(TypedDict):
    name: str
    stream: str
    view: str
    base: str
    base_digest: str
    package_digest: str
    branch_point: int
    prefix_hash: str
    threshold: float
    fps: float
    votes: int
    merge_gap_s: float


def _shared(network: Network, stream: RunnerStream, branch_point: int, fps: float, seed: int) -> _Shared:
    """What does not depend on the kind of the candidate."""
    return _Shared(
        name=f"app-{seed}",
        stream=stream.name,
        view=next(iter(stream.crops)),
        base=network.name,
        base_digest=network.digest,
        package_digest=hashlib.sha256(str(seed).encode()).hexdigest(),
        branch_point=branch_point,
        prefix_hash=network.prefix_hashes[branch_point],
        threshold=0.5,
        fps=fps,
        votes=1,
        merge_gap_s=1.0,
    )


def synthetic_plan(
    network: Network, store: Path, stream: RunnerStream, apps: Sequence[tuple[int, float]], *, sharing: bool
) -> RunnerPlan:
    """A plan with one app for each (branch-point, fps); cost and budget are left 0."""
    made = (synthetic_app(network, store, stream, k, fps, seed) for seed, (k, fps) in enumerate(apps))
    return _plan(stream, made, sharing=sharing)


def synthetic_micro_plan(
    network: Network,
    store: Path,
    stream: RunnerStream,
    apps: Sequence[tuple[tuple[str, int, int], float]],
    *,
    sharing: bool,
) -> RunnerPlan:
    """The same with a micro-head for each (form, fps)."""
    made = (synthetic_micro_app(network, store, stream, form, fps, seed) for seed, (form, fps) in enumerate(apps))
    return _plan(stream, made, sharing=sharing)


def _plan(stream: RunnerStream, apps: Iterable[RunnerApp], *, sharing: bool) -> RunnerPlan:
    return RunnerPlan(node="node", sharing=sharing, budget=0.0, cost=0.0, streams=(stream,), apps=tuple(apps))


def put(store: Path, module: nn.Module) -> Blob:
    """Store a module's tensors as a blob."""
    content = pack_tensors(module)
    blob = blob_of(content)
    FolderStore(store).put(blob_key(blob), content)
    return blob
