"""What a runner tells of itself, for whoever asks its admin port: what it serves, what it lacks, what it achieves.

The other half of the seam between operator and runner; `runner_plan` is what travels the other way. A boundary, hence
pydantic, and every text in it is bounded: it ends up in a status.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from mainstream.files.digest import Sha256
from mainstream.messages.node_profile import MAX_MODES, DecodeMode, DecodeModeName, NodeProfile
from mainstream.mpackage.manifest import Blob

MAX_SAID = 512
"""characters of a text in a status report"""
Said = Annotated[str, Field(max_length=MAX_SAID)]
MAX_REPORT_BYTES = 4 << 20
MAX_APP_LACKS = 64
"""digests of one app that are named; more than any base network has segments"""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class DeliveryReport(_Part):
    """What became of an app's alerts. An alert is two deliveries to each sink: it opens, it closes."""

    alerts: NonNegativeInt = 0
    alerts_last_hour: NonNegativeInt = 0
    muted: NonNegativeInt = 0
    """of those that were delivered nowhere but to files, within the app's cooldown"""
    last_alert: AwareDatetime | None = None
    """when it opened"""
    undelivered: NonNegativeInt = 0
    """deliveries that wait, clips and pictures among them"""
    undelivered_alerts: NonNegativeInt = 0
    """alerts that at least one of these deliveries is of"""
    oldest_undelivered_s: NonNegativeFloat | None = None
    """for how long the oldest of them has waited"""
    problem: Said | None = None
    """why they wait"""
    lost: NonNegativeInt = 0
    """deliveries that will never be made"""
    lost_alerts: NonNegativeInt = 0
    """alerts of which at least one delivery is lost"""
    lost_alerts_last_hour: NonNegativeInt = 0
    loss: Said | None = None
    """what became of the lost deliveries, by cause"""


class AppStatusReport(_Part):
    """One app of the plan that is served. Counts start when the runner first ran the app."""

    captured: NonNegativeInt = 0
    analysed: NonNegativeInt = 0
    stood: NonNegativeInt = 0
    """of those analysed, whose score was that of the picture before, since nothing had changed"""
    skipped: NonNegativeInt = 0
    """not due"""
    dropped: NonNegativeInt = 0
    """due, but late"""
    fps: NonNegativeFloat | None = None
    """achieved over the last seconds; None until there are enough of them"""
    decisions: NonNegativeInt = 0
    """analysed frames on which one fell"""
    problem: Said | None = None
    """why the app does not run though the plan is served: its weights could not be loaded"""
    lacks: tuple[Sha256, ...] = Field(default=(), max_length=MAX_APP_LACKS)
    """weights that the app waits for to run at all; one that goes on with its former weights meanwhile names none"""
    missing: tuple[Sha256, ...] = Field(default=(), max_length=MAX_APP_LACKS)
    """those of them that the app's store does not give"""
    delivery: DeliveryReport = DeliveryReport()


class ViewStatusReport(_Part):
    """A view that an app looks at."""

    duty: NonNegativeFloat | None = None
    """share of the time in which it moves; None until it was watched for long enough"""
    restless: Said | None = None
    """the part of it that never rests, such as a clock, where most of it does"""


class StreamStatusReport(_Part):
    """One stream of the plan, or of what is wanted."""

    state: Literal["connecting", "waiting", "decoding", "failing"]
    """waiting: packets come, and no key frame yet, at which decoding begins"""
    problem: Said | None = None
    """why it fails or what it waits for, without credentials"""
    width: NonNegativeInt | None = None
    """as shown, like the height"""
    height: NonNegativeInt | None = None
    fps: NonNegativeFloat | None = None
    """at which frames arrive, decoded or not"""
    decode: DecodeModeName | None = None
    """which of them are decoded now"""
    decode_problem: Said | None = None
    """why that is not what was planned"""
    modes: tuple[DecodeMode, ...] = Field(default=(), max_length=MAX_MODES)
    """what each way to decode it costs and yields, as measured here"""
    captured: NonNegativeInt = 0
    """frames that were decoded"""
    reconnects: NonNegativeInt = 0
    decode_errors: NonNegativeInt = 0
    stale_s: NonNegativeFloat | None = None
    """since the last frame came"""
    views: dict[str, ViewStatusReport] = Field(default_factory=dict, max_length=64)


class WantedUpload(_Part):
    """A clip, a picture or what is kept for review, which waits for a place to be written to."""

    app: str
    sink: NonNegativeInt
    """which of the app's destinations"""
    name: Annotated[str, Field(max_length=256, pattern=r"^[A-Za-z0-9][-_.A-Za-z0-9]*$")]
    """of the file; where it goes is the operator's to say"""
    size_bytes: NonNegativeInt


class InterruptedProfiling(_Part):
    """A base network during whose measurement the runner ended."""

    base: Annotated[str, Field(max_length=MAX_SAID)]
    at: AwareDatetime
    """when the next start, or the next worker, found that out"""


class StatusReport(_Part):
    """Everything that the operator asks for."""

    node: str
    started_at: AwareDatetime | None = None
    """when this runner's process began"""
    served: Sha256 | None = None
    """digest of the ordered plan that frames run through, with whoever's weights are complete"""
    received: Sha256 | None = None
    """digest of the plan that was read last"""
    lacks: tuple[Blob, ...] = Field(default=(), max_length=4096)
    """blobs of the received plan that are not on the disk"""
    plan_problem: Said | None = None
    """why the received plan is not served"""
    profile: NodeProfile | None = None
    profile_problem: Said | None = None
    unavailable_bases: dict[str, Said] = Field(default_factory=dict)
    """base networks that this runner cannot run, and why"""
    interrupted: InterruptedProfiling | None = None
    """the last"""
    cpu: NonNegativeFloat | None = None
    """CPU-seconds per second over the last seconds, all processes"""
    cost_ratio: NonNegativeFloat | None = None
    """CPU used over the last minute, over what the achieved rates cost by the profile; None until there was one"""
    pace: NonNegativeFloat = 1.0
    """share of the planned rates at which all apps look: less than 1 while more moves than was planned with"""
    spool: Annotated[str, Field(max_length=64)] | None = None
    """identity of what alerts wait in: another one than before, and what waited there is gone"""
    uploads: tuple[WantedUpload, ...] = Field(default=(), max_length=256)
    apps: dict[str, AppStatusReport] = Field(default_factory=dict)
    streams: dict[str, StreamStatusReport] = Field(default_factory=dict)


class SignedBlob(_Part):
    """Where one blob can be read, for a while."""

    blob: Blob
    url: Annotated[str, Field(max_length=8192, repr=False)]


class SignedUrls(_Part):
    """The operator's answer to `lacks`, or ahead of it: a plan's blobs may be fetched while the plan is on its way."""

    blobs: tuple[SignedBlob, ...] = Field(max_length=4096)


class SignedUpload(_Part):
    """Where one file can be written (HTTP PUT), for a while."""

    upload: WantedUpload
    url: Annotated[str, Field(max_length=8192, repr=False)]


class SignedUploads(_Part):
    """The operator's answer to `uploads`."""

    uploads: tuple[SignedUpload, ...] = Field(max_length=256)


def said(text: str) -> str:
    """As much of a text as a status report takes."""
    return text[:MAX_SAID]
