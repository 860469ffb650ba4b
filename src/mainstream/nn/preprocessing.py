"""From camera pixels to a base network's input.

Scaling happens once per view, in the feeder or the trainer; what is left here is arithmetic on whole batches, and it is
part of the share key: two apps share a stem only if they look at their pixels in the same way.
"""

from dataclasses import asdict, dataclass

import torch


@dataclass(frozen=True)
class Preprocessing:
    """How an RGB frame becomes a tensor: `(pixel - mean) / std`, in pixel values 0 to 255."""

    height: int
    """rows of the input, pixels"""
    width: int
    """columns of the input, pixels"""
    mean: tuple[float, float, float]
    """subtracted from red, green and blue"""
    std: tuple[float, float, float]
    """divides red, green and blue"""

    def as_dict(self) -> dict[str, object]:
        """Plain data, as JSON has it, for manifests and hashes."""
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}

    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames (N, height, width, 3), uint8 RGB, to (N, 3, height, width), float32."""
        mean = torch.tensor(self.mean, dtype=torch.float32)
        std = torch.tensor(self.std, dtype=torch.float32)
        scaled = (frames.to(torch.float32) - mean) / std
        return scaled.permute(0, 3, 1, 2).contiguous()
