import pytest
import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.nn.tensors import fill, pack_tensors, round_to_half, unpack_tensors


def convolution():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def test_what_was_packed_is_what_is_filled_in():
    network, other = convolution(), nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    fill(other, unpack_tensors(pack_tensors(network), source="here"), source="here")
    assert all(
        torch.equal(a, b) for a, b in zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_equal_tensors_give_equal_bytes_whatever_their_memory_layout():
    network = convolution()
    assert pack_tensors(network) == pack_tensors(convolution().to(memory_format=torch.channels_last))


def test_half_precision_is_rounding_before_and_single_precision_after():
    network = convolution()
    packed = pack_tensors(network, half=True)
    assert unpack_tensors(packed, source="here")["0.weight"].dtype == torch.float16
    round_to_half(network)
    other = convolution()
    fill(other, unpack_tensors(packed, source="here"), source="here")
    assert other[0].weight.dtype == torch.float32
    assert torch.equal(other[0].weight, network[0].weight)
    assert not torch.equal(other[0].weight, convolution()[0].weight)


def test_what_half_precision_cannot_hold_stays_single():
    network = convolution()
    network[1].running_var.fill_(1e6)
    network[0].weight.data[0, 0, 0, 0] = 1e6
    tensors = unpack_tensors(pack_tensors(network, half=True), source="here")
    assert {tensors[name].dtype for name in ("0.weight", "1.running_var")} == {torch.float32}


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.pop("0.weight"),
        lambda tensors: tensors.update(more=torch.zeros(1)),
        lambda tensors: tensors.update({"0.weight": torch.zeros(4, 3, 3)}),
        lambda tensors: tensors.update({"0.weight": torch.zeros(4, 3, 3, 3, dtype=torch.float64)}),
        lambda tensors: tensors.update({"1.num_batches_tracked": torch.tensor(0, dtype=torch.int32)}),
    ],
)
def test_other_tensors_than_the_modules_own_are_refused(change):
    tensors = unpack_tensors(pack_tensors(convolution()), source="here")
    change(tensors)
    with pytest.raises(InvalidInputError, match="here: holds other tensors"):
        fill(convolution(), tensors, source="here")


def test_a_file_that_is_not_safetensors_is_named():
    with pytest.raises(InvalidInputError, match=r"weights\.bin: is not a safetensors file"):
        unpack_tensors(b"PK", source="weights.bin")
