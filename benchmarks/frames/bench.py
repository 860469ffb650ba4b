"""`make bench-frames`: what a look costs beside its network, modes of decoding, ten cameras on one core, and a gate.

QUICK=1 takes shorter rounds. With names as arguments (scaling, way, judge, ten, gate) only those rows are measured.
"""

from frames.gate import gate_rows
from frames.judge import judged_rows
from frames.ten import ten_rows
from frames.way import scaling_rows, way_rows

PARTS = {
    "scaling": scaling_rows,
    "way": way_rows,
    "judge": judged_rows,
    "ten": ten_rows,
    "gate": gate_rows,
}
