"""What was found behind the numbers: the reasons in docs/evidence.md, by section. Written by hand, when read."""

REASONS = {
    "targets": "Targets that are missed are named with the reason found: see the sections below.",
    "regime": "",
    "calibration": "",
    "ablations": "",
}
