"""How a decoded frame is shown: which way up, and how large."""

from typing import TYPE_CHECKING, Any

from mainstream.footage.orientation import UPRIGHT, Orientation

if TYPE_CHECKING:
    import av


def shown_size(frame: "av.VideoFrame") -> tuple[int, int]:
    """Width and height of a frame as it is shown: crops are in these pixels."""
    return orientation_of(frame).size(frame.width, frame.height)


def orientation_of(frame: "av.VideoFrame") -> Orientation:
    """Which way up a frame is shown."""
    from av.sidedata.sidedata import SideDataContainer, Type

    # The frame's own container and the frame hold each other, so that pictures would lie about until the next garbage
    # collection: a fifth of what a frame costs. PyAV types it by name, and keeps it by type.
    side_data: Any = SideDataContainer(frame)  # type: ignore[call-arg]
    matrix = side_data.get(Type.DISPLAYMATRIX)
    return UPRIGHT if matrix is None else Orientation.of_matrix(bytes(matrix))
