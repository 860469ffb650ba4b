"""The engine: runs the stem tree of a plan, each segment once per frame; knows neither TorchServe nor the feeder."""

import sys

# OpenVINO tells its maker of every conversion, over the network, where this package of it can be imported; nothing but
# reports and events leaves a node. It costs a quarter of a conversion as well.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
