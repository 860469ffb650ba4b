"""Who asks for a node: its apps with their streams, and with what of streams and quotas concerns them. Pure."""

from collections.abc import Iterable, Mapping

from mainstream.api import VideoApp, VideoStream
from mainstream.decide.admission.quotas import Quotas, over_quota
from mainstream.decide.inputs import AskingApp
from mainstream.decide.refusal import Refusal


def asking_apps(
    apps: Iterable[VideoApp],
    streams: Mapping[str, VideoStream],
    placed: Mapping[str, str | Refusal],
    quotas: Quotas,
    *,
    neighbours: Iterable[VideoApp],
) -> tuple[AskingApp, ...]:
    """The apps in the order of keys; `streams`, and where they are placed, are by key.

    `neighbours` are all apps of their namespaces, on whatever node: a quota counts them together.
    """
    over = over_quota(neighbours, quotas)

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
