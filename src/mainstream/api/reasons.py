"""Reasons: the stable words that conditions and refusals carry, each with what it means and what it does.

A program may wait for a word; a person reads the condition's message, which names the case and the way out. The table
in docs/operator.md is written from here by `make reasons`.
"""

from enum import Enum, StrEnum
from pathlib import Path


class Effect(Enum):
    """What follows where a reason is given."""

    REFUSES = "refuses"
    """what it is said of cannot be used until somebody changes something; nobody else is touched"""
    STALLS = "stalls"
    """as above, and only another spec of its own helps: condition Stalled says so, and nobody waits for it"""
    WAITS = "waits"
    """it can be used and is not planned, until there is room for it or until something is known"""
    HOLDS = "holds"
    """something about it is not known at the moment; until it is, it waits, or goes on as it runs; nobody else does"""
    INFORMS = "informs only"
    """a condition says so, and nothing follows from it"""

    @property
    def refuses(self) -> bool:
        """Whether what it is said of cannot be used as it is."""
        return self in (Effect.REFUSES, Effect.STALLS)


class Reason(StrEnum):
    """One word; its value is what `kubectl` shows."""

    effect: Effect
    meaning: str
    """a sentence for a user"""

    def __new__(cls, word: str, effect: Effect, meaning: str) -> "Reason":
        """A member from its word, its effect and its meaning."""
        reason = str.__new__(cls, word)
        reason._value_ = word
        reason.effect = effect
        reason.meaning = meaning
        return reason

    # What an app names
    INVALID_SPEC = "InvalidSpec", Effect.STALLS, "The spec cannot be read; the message names the field."
    STREAM_NOT_FOUND = "StreamNotFound", Effect.REFUSES, "There is no VideoStream of that name."
    STREAM_NOT_ALLOWED = (
        "StreamNotAllowed",
        Effect.REFUSES,
        "The VideoStream does not list the app's namespace in `allowedNamespaces`.",
    )
    STREAM_NOT_PLACED = "StreamNotPlaced", Effect.REFUSES, "No node analyses the VideoStream yet; see its conditions."
    VIEW_NOT_FOUND = "ViewNotFound", Effect.REFUSES, "The VideoStream has no view of that name."
    HOST_NOT_ALLOWED = (
        "HostNotAllowed",
        Effect.STALLS,
        "The spec names a host that the operator and the runners must not call.",
    )
    SECRET_MISSING = "SecretMissing", Effect.REFUSES, "There is no Secret of that name."
    SECRET_FORBIDDEN = (
        "SecretForbidden",
        Effect.REFUSES,
        "The operator may not read Secrets of the namespace, which the chart's `tenants` do not list.",
    )
    SECRET_INCOMPLETE = "SecretIncomplete", Effect.REFUSES, "The Secret lacks a key that is needed."
    SECRET_UNREADABLE = "SecretUnreadable", Effect.REFUSES, "The Secret holds no text, or cannot be read now."

    # Packages and their stores
    INVALID_REFERENCE = "InvalidReference", Effect.STALLS, "The package reference cannot be read, or is not in S3."
    PACKAGE_MISSING = "PackageMissing", Effect.REFUSES, "The store has no such package, or the package lacks a part."
    PACKAGE_CORRUPT = "PackageCorrupt", Effect.REFUSES, "What the store holds is not what was published."
    PACKAGE_UNREADABLE = "PackageUnreadable", Effect.REFUSES, "The store's answer makes no sense."
    STORE_REFUSED = "StoreRefused", Effect.REFUSES, "The store refuses access with these keys."
    STORE_UNREACHABLE = "StoreUnreachable", Effect.HOLDS, "The store does not answer; it is asked again."
    READING_FAILED = "ReadingFailed", Effect.HOLDS, "Reading the package failed unexpectedly; it is read again."
    PACKAGE_BEING_READ = "PackageBeingRead", Effect.HOLDS, "The package's manifest is being read."
    PREDICTING = (
        "Predicting",
        Effect.HOLDS,
        "What the app's candidates would find, or what a dry run would change, is being worked out.",
    )
    BASE_UNAVAILABLE = (
        "BaseUnavailable",
        Effect.REFUSES,
        "The node does not have the package's base network, or its namespace names too many.",
    )
    CANNOT_BE_USED = (
        "CannotBeUsed",
        Effect.STALLS,
        "The package and the spec do not fit together; nothing can be planned.",
    )
    PACKAGES_TOO_LARGE = (
        "PackagesTooLarge",
        Effect.REFUSES,
        "The namespace's packages take more of the operator's memory than is left for it.",
    )
    TOO_MUCH_TO_PLAN = (
        "TooMuchToPlan",
        Effect.REFUSES,
        "The namespace's apps give the planner more to choose from than it looks through for one namespace.",
    )
    ORDERS_TOO_LARGE = (
        "OrdersTooLarge",
        Effect.REFUSES,
        "The app's part of the runner's orders is larger than a runner takes; the message says how much.",
    )

    # Who gets in
    SUSPENDED = "Suspended", Effect.WAITS, "`spec.suspend` is set; what the app would take is free for others."
    OUT_OF_HOURS = (
        "OutOfHours",
        Effect.WAITS,
        "It is outside of the `spec.active` of the app or of its stream; what the app would take is free for others.",
    )
    QUOTA_EXCEEDED = (
        "QuotaExceeded",
        Effect.WAITS,
        "The namespace has more apps, or would take more of the node's budget, than its quota.",
    )
    OTHERS_BELOW_MINIMUM = (
        "OthersBelowMinimum",
        Effect.WAITS,
        "With the app, one that comes first would fall below its minimum; the message says by how much.",
    )
    DOES_NOT_FIT = (
        "DoesNotFit",
        Effect.WAITS,
        "The app's minimum cannot be reached beside the others, or the budget is too small even at the lowest rates.",
    )
    TOO_MANY_DRY_RUNS = (
        "TooManyDryRuns",
        Effect.WAITS,
        "The node answers other dry runs first; this one has its turn when one of those is deleted.",
    )
    OUT_OF_MEMORY = (
        "OutOfMemory",
        Effect.WAITS,
        "The node's runner was killed for memory as the app came, or as the app's base network was measured.",
    )
    DRY_RUN = "DryRun", Effect.INFORMS, "The app is a dry run and would be admitted; see `status.dryRun`."
    DRY_RUN_NOT_ADMITTED = "DryRunNotAdmitted", Effect.INFORMS, "The app is a dry run and would not be admitted."
    VALID = "Valid", Effect.INFORMS, "Stream, view and package can be used."
    FITS = "Fits", Effect.INFORMS, "The app is part of the node's plan."
    NOT_ACCEPTED = "NotAccepted", Effect.INFORMS, "The app is not planned since it is not accepted."
    WAITING = "Waiting", Effect.INFORMS, "The node is planned as soon as all that runs on it is known."

    # Nodes and their profiles
    NODE_FOUND = "NodeFound", Effect.INFORMS, "Exactly one node analyses the stream."
    NODE_NOT_FOUND = "NodeNotFound", Effect.REFUSES, "There is no Node of that name, or none that the selector matches."
    NODE_NOT_EDGE = "NodeNotEdge", Effect.REFUSES, "The Node is not labelled `mainstream.video/edge=true`."
    NODE_AMBIGUOUS = "NodeAmbiguous", Effect.REFUSES, "The selector matches several Nodes."
    NODE_NOT_READY = "NodeNotReady", Effect.INFORMS, "The Node is not ready; what runs there goes on if it can."
    NODE_CORDONED = (
        "NodeCordoned",
        Effect.INFORMS,
        "The Node takes no pods: its runner leaves last when it is drained, and starts once it is uncordoned.",
    )
    NO_EDGE_NODE = "NoEdgeNode", Effect.WAITS, "The node has no EdgeNode yet."
    RUNNER_STARTING = "RunnerStarting", Effect.WAITS, "The node's runner has not answered yet."
    PROFILING = "Profiling", Effect.HOLDS, "The runner measures what a frame costs on the node."
    PROFILING_FAILED = "ProfilingFailed", Effect.WAITS, "The runner cannot measure what a frame costs on the node."
    CAMERA_UNREADABLE = (
        "CameraUnreadable",
        Effect.WAITS,
        "The app's camera sends nothing that can be decoded, so what it costs cannot be measured; see its VideoStream.",
    )
    MEASURED = "Measured", Effect.INFORMS, "The runner measured what a frame costs."
    DECLARED = "Declared", Effect.INFORMS, "The EdgeNode's spec says what a frame costs."
    ENOUGH_MEMORY = "EnoughMemory", Effect.INFORMS, "The runner has not been killed for memory for an hour."
    NOT_NEEDED = "NotNeeded", Effect.INFORMS, "Nothing needs to be measured, since no stream is placed on the node."

    # The plan and the runner that serves it
    PLANNED = "Planned", Effect.INFORMS, "Every app that could be used is part of the node's plan."
    NOT_ALL_FIT = "NotAllFit", Effect.INFORMS, "Some apps are not admitted; the message names them."
    NOTHING_TO_PLAN = "NothingToPlan", Effect.INFORMS, "No app can be planned on the node."
    NOT_PLANNED = "NotPlanned", Effect.INFORMS, "The app is not part of the node's plan; see condition Planned."
    RUNNER_NOT_ANSWERING = "RunnerNotAnswering", Effect.INFORMS, "The node's runner does not answer; it is asked again."
    NO_PLAN = "NoPlan", Effect.INFORMS, "The runner answers and waits for a plan."
    IDLE = "Idle", Effect.INFORMS, "No stream is placed on the node, so no runner is needed."
    PLAN_ON_ITS_WAY = "PlanOnItsWay", Effect.INFORMS, "The runner has not taken up the plan yet."
    FETCHING_WEIGHTS = "FetchingWeights", Effect.INFORMS, "The runner fetches weights that it lacks."
    WEIGHTS_MISSING = (
        "WeightsMissing",
        Effect.INFORMS,
        "The package's store does not give a file of its weights; the message names it, and the runner asks again.",
    )
    APPLY_REFUSED = (
        "ApplyRefused",
        Effect.INFORMS,
        "The API server refuses an object of the runner; the message names it, and what runs goes on.",
    )
    PLAN_NOT_SERVED = "PlanNotServed", Effect.INFORMS, "The runner cannot serve the plan; the EdgeNode says why."
    SERVING = "Serving", Effect.INFORMS, "The runner serves the plan."
    CANNOT_RUN = "CannotRun", Effect.INFORMS, "The runner cannot run the app; the message says why."
    NO_FRAME_YET = "NoFrameYet", Effect.INFORMS, "The plan is served, and no frame was due yet."
    ANALYSING = "Analysing", Effect.INFORMS, "Frames are analysed."
    NOT_RUNNING = "NotRunning", Effect.INFORMS, "The app does not run."
    AS_PLANNED = "AsPlanned", Effect.INFORMS, "The planned rate is kept, and every sink is served."
    PREDICTION_DOUBTED = (
        "PredictionDoubted",
        Effect.INFORMS,
        "Far more or far fewer alerts come than package and spec predict, so the app is planned with less.",
    )
    QUALITY_FELL = (
        "QualityFell",
        Effect.INFORMS,
        "More than .1 of the app's predicted F1 is gone, and its spec is the same: others came, or the budget shrank.",
    )
    INTERVALS_PART = (
        "IntervalsPart",
        Effect.INFORMS,
        "Measured F1 lies below predicted F1 by more than both 90 % intervals allow.",
    )
    INTERVALS_MEET = "IntervalsMeet", Effect.INFORMS, "Measured F1 is not told from predicted F1, or is above it."
    BELOW_RATE = "BelowRate", Effect.INFORMS, "Fewer frames are analysed than planned."
    SINK_FAILING = "SinkFailing", Effect.INFORMS, "A sink does not take what is delivered; it waits on the node's disk."
    SINK_SLOW = (
        "SinkSlow",
        Effect.INFORMS,
        "A sink is slower than alerts come: some have waited for over 30 s.",
    )
    ALERTS_LOST = (
        "AlertsLost",
        Effect.INFORMS,
        "Alerts of the last hour did not reach every sink: refused, or more waited than the disk holds, or it is gone.",
    )

    NOT_VERIFIED = (
        "NotVerified",
        Effect.INFORMS,
        "Nobody has run this on such hardware; it is written, and the message says how to make sure.",
    )

    # The camera
    NOT_USED = "NotUsed", Effect.INFORMS, "No app needs the stream, so no runner opens it."
    CONNECTING = "Connecting", Effect.INFORMS, "The runner connects to the camera."
    KEY_FRAME_AWAITED = "KeyFrameAwaited", Effect.INFORMS, "The camera answers, and has sent no key frame yet."
    DECODING = "Decoding", Effect.INFORMS, "Frames arrive."
    VIEW_NEVER_RESTS = (
        "ViewNeverRests",
        Effect.INFORMS,
        "Part of a view, such as a clock in the picture, never rests, so that its gate saves nothing.",
    )
    OTHER_RATE = "OtherRate", Effect.INFORMS, "Frames arrive at another rate than the declared one; times are theirs."
    OTHER_MODE = (
        "OtherMode",
        Effect.INFORMS,
        "The stream is decoded otherwise than was planned, or its substream is not what it should be; alerts go on.",
    )
    NOT_ANSWERING = "NotAnswering", Effect.INFORMS, "The camera fails; the message says how."
    STREAM_UNREACHABLE = "StreamUnreachable", Effect.INFORMS, "The app's stream fails; see its VideoStream."
    OTHER_VIEW = "OtherView", Effect.INFORMS, "The app looks at another part of the picture than was trained on."
    OTHER_SIZE = "OtherSize", Effect.INFORMS, "The camera's picture is smaller than a view or a mask of it."


DOCUMENT = Path("docs/operator.md")
BEGIN = "<!-- Generated from src/mainstream/api/reasons.py by `make reasons`: begin -->\n"
END = "<!-- end -->\n"


def reasons_table() -> str:
    """Every reason, in Markdown, in the order of their words."""
    rows = (f"| `{each.value}` | {each.effect.value} | {each.meaning} |\n" for each in sorted(Reason))
    return "".join(("| reason | effect | meaning |\n|---|---|---|\n", *rows))


def with_table(document: str) -> str:
    """The document with the table as it is now between the marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reasons_table()}\n{END}{after}"


def main() -> None:
    """Write the table anew, below the working folder."""
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
