"""Alerts that waited on a runner's disk which is gone: nobody is left to count them but the app's status. Pure.

Without a volume a runner's disk goes with its pod. A new one begins with another spool, whose reports know nothing of
what waited in the old one; what the status last said of it is what is lost.
"""

from datetime import datetime

from mainstream.api.video_app import DiskLoss, VideoAppStatus
from mainstream.messages.status_report import DeliveryReport
from mainstream.times import HOUR_S


def disk_loss_after(before: VideoAppStatus, spool: str | None, now: datetime) -> DiskLoss | None:
    """What the status is to say from now on, where a runner reports from `spool`."""
    seen = before.observed
    if seen is None or seen.spool is None or spool is None or seen.spool == spool:
        return before.disk_loss
    if not seen.waiting_events and not seen.lost_events:
        return before.disk_loss
    return DiskLoss(at=now, events=seen.waiting_events, lost_before=seen.lost_events + seen.waiting_events)


def lost_events(report: DeliveryReport, loss: DiskLoss | None) -> int:
    """All alerts that will not reach every sink: those that the runner counts, and those of earlier disks."""
    return report.lost_alerts + (0 if loss is None else loss.lost_before)


def lost_lately(loss: DiskLoss | None, now: datetime) -> int:
    """Alerts that were lost so within the hour."""
    return 0 if loss is None or (now - loss.at).total_seconds() > HOUR_S else loss.events


def lost_with_disk(loss: DiskLoss | None, now: datetime) -> str:
    """What a condition says of it for an hour; empty where nothing was lost, or longer ago."""
    if loss is None or not lost_lately(loss, now):
        return ""
    alerts = "1 alert that waited was" if loss.events == 1 else f"{loss.events} alerts that waited were"
    return (
        f"{alerts} lost with the runner's disk, found new at {loss.at:%H:%M} UTC; to keep them next time, have the "
        "platform team give the node a volume (EdgeNode spec.runner.cache)."
    )
