"""What `mainstream profile` shows. Pure."""

import io

from rich.console import Console
from runner_apps import node_profile

from mainstream.messages.node_profile import BaseProfile, DecodeMode
from mainstream_runner.cli.profile_node import shown


def test_a_profile_is_shown_without_a_broken_line_on_a_terminal_of_eighty_columns() -> None:
    costs = (0.0, 0.00123)
    base = BaseProfile(
        digest="0" * 64,
        stem_s=costs,
        head_s=costs,
        segment_bytes=(0, 1),
        head_bytes=1,
        call_s=costs,
        slot_s=costs,
        dw_call_s=costs,
        dw_slot_s=costs,
    )
    mode = DecodeMode(name="keyframes", fps=0.2, used_s=0.0371)
    profile = node_profile(base, 0.00263).model_copy(
        update={"decode_modes": {"entrance": (mode,)}, "duties": {"entrance": {"door": 0.25}}}
    )
    console = Console(file=io.StringIO(), width=80)
    for each in shown(profile):
        console.print(each)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("1.23") == 4
    assert "decoding entrance, a second of keyframes: 0.2 frames" in text
    assert "37.10" in text
    assert "view door of entrance moves 25% of the time" in text
