"""Packets of a clip, as a camera's are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import av

from mainstream_runner.clips.packet_ring import PacketRing


@contextmanager
def filled_ring(clip: Path, packets: int) -> Iterator[PacketRing]:
    """A ring that holds the first packets of a clip, which stays open meanwhile."""
    ring = PacketRing()
    ring.want(True)
    with av.open(str(clip)) as container:
        for packet in islice(container.demux(video=0), packets):
            ring.put(packet)
        yield ring
