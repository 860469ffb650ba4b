import pytest

from mainstream.errors import InvalidInputError
from mainstream_trainer.names import package_names


def test_a_label_is_the_packages_name_unless_another_is_given():
    assert package_names(["door", "Person walking"], {"Person walking": "person"}) == {
        "door": "door",
        "Person walking": "person",
    }


def test_all_labels_that_no_package_can_be_called_are_told_with_the_way_out():
    with pytest.raises(InvalidInputError) as raised:
        package_names(["Person walking", "Tür_offen", "人", "it's", "door"], {})
    said = str(raised.value)
    for option in ("'Person walking=person-walking'", "'Tür_offen=tur-offen'", "'人=NAME'", "--name"):
        assert option in said
    assert "'door'" not in said


@pytest.mark.parametrize(
    ("labels", "given", "sentence"),
    [
        (["door"], {"gate": "x"}, "there is no label 'gate' \\(there are: door\\)"),
        (["door"], {"door": "The Door"}, "no package can be called 'The Door'"),
        (["door", "gate"], {"door": "gate"}, "two labels would be called 'gate'"),
    ],
)
def test_names_that_cannot_be_given(labels, given, sentence):
    with pytest.raises(InvalidInputError, match=f"--name: {sentence}"):
        package_names(labels, given)
