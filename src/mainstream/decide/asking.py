"""Who asks for a node: its apps with their streams, and with what of streams and quotas concerns them. Pure."""

from collections.abc import Iterable, Mapping

from mainstream.api import VideoApp, VideoStream
from mainstream.decide.admission.quotas import Quotas
from mainstream.decide.inputs import AskingApp
from mainstream.decide.refusal import Refusal


def asking_apps(
    apps: Iterable[VideoApp],
    streams: Mapping[str, VideoStream],
    placed: Mapping[str, str | Refusal],
    quotas: Quotas,
    *,
    over: Mapping[str, Refusal],
) -> tuple[AskingApp, ...]:
    """The apps in the order of keys; `streams`, where they are placed, and apps `over` a quota are by key."""

    def asking(app: VideoApp) -> AskingApp:
        where = placed.get(app.stream_key)
        return AskingApp(
            app,
            streams.get(app.stream_key),
            unplaced=where if isinstance(where, Refusal) else None,
            over_quota=over.get(app.key),
            max_weight=quotas.of(app.metadata.namespace).max_weight,
        )

    return tuple(asking(app) for app in sorted(apps, key=lambda app: app.key))
