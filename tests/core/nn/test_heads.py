import pytest
import torch

from mainstream.errors import InvalidInputError
from mainstream.head_form import MAX_FLAT_PLACES
from mainstream.nn.heads.kinds import WIDTHS, installed_heads, make_head
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.registry import load_base_network
from mainstream.nn.tensors import fill, pack_tensors, unpack_tensors

SHAPE = MapShape(7, 4, 5)
MICRO_HEADS = ["flat", "flat-dw", "pooled", "pooled-dw"]


def filled(kind, width=8, shape=SHAPE):
    """With random numbers everywhere, so that no term of a sum is zero."""
    torch.manual_seed(3)
    head = make_head(kind, shape, width)
    with torch.no_grad():
        for tensor in head.state_dict().values():
            tensor.copy_(torch.randn(tensor.shape))
    return head


def maps(number=2, shape=SHAPE):
    torch.manual_seed(4)
    return torch.randn(number, *shape)


@pytest.mark.parametrize("kind", ["pool-linear", *MICRO_HEADS])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_head_turns_maps_into_one_number_a_frame_and_survives_its_package(kind, width):
    head, again = filled(kind, width), make_head(kind, SHAPE, width)
    fill(again, unpack_tensors(pack_tensors(head), source="here"), source="here")
    logits = head(maps())
    assert logits.shape == (2,)
    assert torch.equal(logits, again(maps()))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_flat_head_has_one_weight_a_place_and_channel(width):
    head = filled("flat", width)
    tensors = {name: tuple(tensor.shape) for name, tensor in head.state_dict().items()}
    assert tensors == {
        "narrow_weight": (width, 7),
        "narrow_bias": (width,),
        "weight": (width, 4, 5),
        "bias": (1,),
    }
    narrow = (torch.einsum("nchw,dc->ndhw", maps(), head.narrow_weight) + head.narrow_bias[:, None, None]).relu()
    torch.testing.assert_close(head(maps()), (narrow * head.weight).sum(dim=(1, 2, 3)) + head.bias)


def test_a_pooled_head_is_a_flat_one_with_the_same_weight_at_every_place():
    pooled, flat = filled("pooled"), filled("flat")
    tensors = pooled.state_dict()
    flat.load_state_dict(tensors | {"weight": tensors["weight"][:, None, None].expand(8, 4, 5) / SHAPE.places})
    torch.testing.assert_close(pooled(maps()), flat(maps()))


def test_a_flat_head_tells_places_apart_and_a_pooled_one_does_not():
    shown, moved = torch.zeros(1, *SHAPE), torch.zeros(1, *SHAPE)
    shown[..., 1, 1], moved[..., 2, 3] = 5.0, 5.0
    assert abs(float((filled("flat")(shown) - filled("flat")(moved)).detach())) > 0.1
    torch.testing.assert_close(filled("pooled")(shown), filled("pooled")(moved))


def test_a_depthwise_convolution_lets_a_place_see_its_neighbours_and_zeros_beyond_the_edge():
    head = filled("pooled-dw")
    narrow = (torch.einsum("nchw,dc->ndhw", maps(), head.narrow_weight) + head.narrow_bias[:, None, None]).relu()
    padded = torch.nn.functional.pad(narrow, (1, 1, 1, 1))
    around = sum(
        head.around_weight[:, row, column, None, None] * padded[:, :, row : row + 4, column : column + 5]
        for row in range(3)
        for column in range(3)
    )
    expected = (around + head.around_bias[:, None, None]).relu().mean(dim=(2, 3)) @ head.weight + head.bias
    torch.testing.assert_close(head(maps()), expected)


@pytest.mark.parametrize("kind", MICRO_HEADS)
def test_a_new_micro_head_learns_from_the_second_step_on_in_all_its_tensors(kind):
    torch.manual_seed(0)
    head = make_head(kind, SHAPE)
    before = {name: tensor.clone() for name, tensor in head.state_dict().items()}
    steps = torch.optim.Adam(head.parameters())
    for _ in range(2):
        steps.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(head(maps()), torch.tensor([0.0, 1.0])).backward()
        steps.step()
    assert all(not torch.equal(before[name], tensor) for name, tensor in head.state_dict().items())


def test_an_unknown_kind_is_named_with_those_that_are():
    assert set(installed_heads()) >= {"pool-linear", *MICRO_HEADS}
    with pytest.raises(InvalidInputError, match=r"head: head 'attention' is not installed.*flat, flat-dw, pool-linear"):
        make_head("attention", SHAPE)


def test_a_width_that_is_not_there_is_refused():
    with pytest.raises(InvalidInputError, match="width: must be one of 8, 16, not 12"):
        make_head("flat", SHAPE, 12)


@pytest.mark.parametrize("kind", ["flat", "flat-dw"])
def test_a_map_with_too_many_places_is_refused_for_a_head_with_a_weight_a_place(kind):
    make_head(kind, MapShape(3, 64, 64))
    with pytest.raises(InvalidInputError, match=f"head: .*80x80, more than {MAX_FLAT_PLACES} places"):
        make_head(kind, MapShape(16, 80, 80))
    make_head("pooled", MapShape(16, 80, 80))


def test_a_network_tells_the_map_at_a_tap_and_refuses_a_tap_that_is_not_there():
    network = load_base_network("efficientnet-lite0-96")
    assert network.map_at(9) == MapShape(112, 6, 6)
    assert str(network.map_at(9)) == "112x6x6"
    with pytest.raises(InvalidInputError, match="tap: efficientnet-lite0-96 has branch-points 0 to 15, not 16"):
        network.map_at(16)
