"""Micro-heads of one app and form side by side: a slot for each fold and one for what ships, in one set of tensors.

Slots see the same frames in the same order and differ in which of them count. Their number is that of the app's own
folds, whoever trains beside it, and every product has the same shape: so an app's weights, to the last bit, are its
own. They begin alike, so that what a fold scores is as near as can be to what ships.
"""

from collections.abc import Sequence

import torch
from torch import nn

from mainstream.nn.heads.kinds import make_head
from mainstream.nn.heads.micro import MicroHead
from mainstream_trainer.forms import MicroForm
from mainstream_trainer.learn.model import seeded_head


class SlotHeads(nn.Module):
    """Maps (N, places, channels) to logits (N, slots).

    Parameters are those of `MicroHead` with the slots in front; `narrow_weight` is (slots * width, channels).
    """

    narrow_weight: nn.Parameter
    narrow_bias: nn.Parameter
    around_weight: nn.Parameter
    around_bias: nn.Parameter
    weight: nn.Parameter
    bias: nn.Parameter

    def __init__(self, form: MicroForm, slots: int, seed: int) -> None:
        super().__init__()
        self.form = form
        self._slots = slots
        first = seeded_head(form.kind, form.shape, seed, form.width)
        if not isinstance(first, MicroHead):
            raise TypeError(f"{form.kind} is no micro-head")
        self.flat = first.flat
        for name, tensor in first.state_dict().items():
            repeated = tensor.expand(slots, *tensor.shape).contiguous()
            self.register_parameter(name, nn.Parameter(repeated))
        self._dw = "around_weight" in first.state_dict()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N, slots) of maps (N, places, channels)."""
        count, places, channels = features.shape
        slots, width = self._slots, self.form.width
        weight, bias = self.narrow_weight.reshape(slots * width, channels), self.narrow_bias.reshape(-1)
        narrow = torch.addmm(bias, features.reshape(-1, channels), weight.t()).relu()
        if self._dw:
            narrow = self._around(narrow, count)
        by_slot = narrow.reshape(count, places, slots, width)
        if self.flat:
            weights = self.weight.reshape(slots, width, places).permute(2, 0, 1)
            return (by_slot * weights).sum(dim=(1, 3)) + self.bias.reshape(slots)
        return (by_slot.mean(dim=1) * self.weight).sum(dim=2) + self.bias.reshape(slots)

    def head(self, slot: int) -> MicroHead:
        """The head of one slot."""
        head = make_head(self.form.kind, self.form.shape, self.form.width)
        assert isinstance(head, MicroHead)  # noqa: S101 - as the first one
        head.load_state_dict({name: tensor[slot].detach().clone() for name, tensor in self.named_parameters()})
        return head.requires_grad_(False)

    def take(self, heads: Sequence[MicroHead]) -> None:
        """Set the slots' weights."""
        with torch.no_grad():
            for name, tensor in self.named_parameters():
                tensor.copy_(torch.stack([head.state_dict()[name] for head in heads]))

    def _around(self, narrow: torch.Tensor, count: int) -> torch.Tensor:
        shape, channels = self.form.shape, self._slots * self.form.width
        # A view: channels come last, as the convolution likes them.
        maps = narrow.reshape(count, shape.height, shape.width, channels).permute(0, 3, 1, 2)
        kernel = self.around_weight.reshape(channels, 1, *self.around_weight.shape[-2:])
        seen = nn.functional.conv2d(maps, kernel, self.around_bias.reshape(-1), padding=1, groups=channels).relu()
        return seen.permute(0, 2, 3, 1).reshape(-1, channels)
