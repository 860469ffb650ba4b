"""What a flat head looks at is red where its event raises the score, and grey where it does not look."""

import base64
import io

import numpy as np
import torch
from PIL import Image

from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.heads.micro import flat
from mainstream_trainer.report.looks import drawn_over_view


def test_the_place_that_tells_the_event_is_red_over_the_view():
    present = np.arange(8) < 4
    every = torch.zeros(8, 2, 4, 4)
    every[:4, 0, 0, 0] = 1.0
    head = flat(MapShape(2, 4, 4), 8)
    with torch.no_grad():
        head.narrow_weight.fill_(1.0)
        head.weight.fill_(1.0)
    grey = np.full((40, 40, 3), 100, dtype=np.uint8)
    url = drawn_over_view(head, lambda frames: every[frames], lambda _: grey, present)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))
    assert shown[2, 2, 0] > 150 > shown[2, 2, 2]
    assert (shown[30:, 30:] == 100).all()
