"""Writes the small checkpoints that the tests read: python3 make.py (PyTorch 1.13, numpy). The values are formulas that the tests repeat."""
import argparse
import collections
import pathlib

import numpy
import torch


def ramp(*shape, dtype=torch.float32):
    count = int(numpy.prod(shape))
    return torch.arange(-3, count - 3).reshape(shape).to(dtype)


def every_type():
    types = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]
    return {str(t).removeprefix("torch."): ramp(7, dtype=t) for t in types}


def views():
    base = ramp(4, 6)
    return {
        "base": base,
        "transposed": base.t(),
        "columns": base[:, 1:4],
        "steps": base[::2, ::3],
        "permuted": ramp(2, 3, 4).permute(2, 0, 1),
        "expanded": ramp(3, 1).expand(3, 5),
        "scalar": base[2, 3],
        "empty": base[:0],
        "many": ramp(40, 30).t(),
    }


def training():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        model[0].weight.copy_(ramp(2, 3))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    with torch.no_grad():
        model[0].weight.copy_(ramp(2, 3))
    weights = model.state_dict()
    return {
        "model": {"module." + key: value for key, value in weights.items()},
        "model_ema": collections.OrderedDict((key, 2 * value) for key, value in weights.items()),
        "optimizer": optimizer.state_dict(),
        "epoch": 300,
        "best": numpy.float64(81.5),
        "curve": numpy.arange(5.0),
        "big": 2**70,
        "negative": -(2**40),
        "args": argparse.Namespace(lr=1e-3, output=pathlib.PosixPath("out/run"), ema=torch.ones(2), device=torch.device("cpu"), dtype=torch.float16),
        "kinds": {1, 2} | {frozenset([3])},
        "counts": collections.Counter("abca"),
        "defaults": collections.defaultdict(list, a=[1]),
        "size": torch.Size([1, 2]),
        "bytes": b"\x00\xff",
        "none": (None, True, False, 1.5, "ü", 2j),
        "parameter": torch.nn.Parameter(ramp(2)),
    }


def detector():
    keys = ["backbone.stem.weight", "backbone.norm.bias", "neck.weight", "roi_head.weight"]
    return {"meta": {"epoch": 12, "CLASSES": ("cat", "dog")}, "state_dict": collections.OrderedDict((key, ramp(2)) for key in keys)}


class Hostile:
    def __reduce__(self):
        import os
        return os.system, ("touch /tmp/fovea-was-here",)


torch.manual_seed(0)
for name, value in {"types": every_type(), "views": views(), "training": training(), "detector": detector()}.items():
    torch.save(value, f"{name}.pth")
    torch.save(value, f"{name}-old.pth", _use_new_zipfile_serialization=False)
torch.save(training(), "training-protocol4.pth", pickle_protocol=4)
torch.save({"model": ramp(2), "trap": Hostile()}, "hostile.pth")
torch.save({"model": ramp(2), "trap": Hostile()}, "hostile-old.pth", _use_new_zipfile_serialization=False)
torch.jit.script(torch.nn.Linear(1, 1)).save("script.pth")
