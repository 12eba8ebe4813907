"""PyTorch as the peer of bench/compare: steps of training, detectors, segmentation networks.

Each line of standard input is a request in JSON, each is answered by a line of JSON:
  {"open": {"network", "height", "width", "batch", "threads"}}
                                       makes a network, an optimiser and a batch; answers {"parameters"}, the number of trained ones
  {"ready": {"network", "file", "threads"}}
                                       makes a detector or a segmentation network, whose weights the file takes
  {"image": {"file", "height", "width"}}
                                       reads pixels of three bytes; answers {"boxes", "scores", "labels", "masks"}, masks as bits in base
                                       64, or {"classes"}, a byte for each pixel in base 64
  {"run": {"runs", "milliseconds", "processor"}}
                                       takes at least so many steps, or looks at the image so often, and for so long; answers {"times"}
                                       in milliseconds, by the wall's clock or the processor's
  {"memory": true}                     answers {"bytes"}: the most memory that this process has had so far
What goes wrong is answered as {"error"}.
"""

import base64
import json
import sys
import time

import torch
from torch import nn

from cmt import cmt_ti
from pit import pit_ti


def resnet50(size):
    from torchvision.models import resnet50 as build

    return build()


SEGMENTER = "upernet:resnet50"
NETWORKS = {"cmt_ti": cmt_ti, "pit_ti": pit_ti, "resnet50": resnet50}
CLASSES = 1000


class Training:
    """A step: forward, backward, AdamW.

    Maps are channels-last, which is the faster of PyTorch's formats here. The rate is small, as noise has nothing to teach and the weights shall stay ordinary.
    """

    def __init__(self, network, size, batch, threads):
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        self.network = NETWORKS[network](size).train().to(memory_format=torch.channels_last)
        decaying = [weight for weight in self.network.parameters() if weight.ndim > 1]
        others = [weight for weight in self.network.parameters() if weight.ndim <= 1]
        self.optimizer = torch.optim.AdamW([{"params": decaying, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}], lr=1e-6)
        self.loss = nn.CrossEntropyLoss()
        self.images = (4 * torch.rand(batch, 3, size, size) - 2).contiguous(memory_format=torch.channels_last)
        self.labels = torch.arange(batch) * 37 % CLASSES

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.network(self.images), self.labels).backward()
        self.optimizer.step()


class Server:
    def __init__(self):
        self.work = None

    def open(self, network, height, width, batch, threads):
        if network in NETWORKS:
            self.work = Training(network, height, batch, threads)
        elif network == SEGMENTER:
            from segmentation import SegmentationTraining

            self.work = SegmentationTraining(height, width, batch, threads)
        else:
            from detection import DetectionTraining

            self.work = DetectionTraining(network, height, width, batch, threads)
        return {"parameters": sum(weight.numel() for weight in self.work.network.parameters() if weight.requires_grad)}

    def ready(self, network, file, threads):
        if network == SEGMENTER:
            from segmentation import Segmentation

            self.work = Segmentation(file, threads)
        else:
            from detection import Detection

            self.work = Detection(network, file, threads)
        return {}

    def image(self, file, height, width):
        self.work.read(file, height, width)
        found = self.work.step()
        if torch.is_tensor(found):
            return {"classes": base64.b64encode(found.byte().numpy()).decode()}
        masks = [bits(mask[0] > 0.5) for mask in found["masks"]] if "masks" in found else []
        return {**{key: found[key].tolist() for key in ("boxes", "scores", "labels")}, "masks": masks}

    def run(self, runs, milliseconds, processor=False):
        clock = time.process_time if processor else time.perf_counter
        times = []
        begin = clock()
        while len(times) < runs or 1000 * (clock() - begin) < milliseconds:
            start = clock()
            self.work.step()
            times.append(1000 * (clock() - start))
        return {"times": times}

    def memory(self):
        with open("/proc/self/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM:"))
        return {"bytes": 1024 * int(peak.split()[1])}

    def answer(self, request):
        [(verb, arguments)] = request.items()
        return getattr(self, verb)(**(arguments if isinstance(arguments, dict) else {}))


def bits(mask):
    import numpy

    return base64.b64encode(numpy.packbits(mask.numpy())).decode()


def blas():
    """The library that multiplies matrices, which makes more than a tenfold difference: Debian has several under one name."""
    with open("/proc/self/maps") as mapped:
        names = {line.split("/")[-1].strip() for line in mapped if "blas" in line}
    return "OpenBLAS" if any("openblas" in name for name in names) else ", ".join(sorted(names)) or "its own matrix product"


def main():
    server = Server()
    print(json.dumps({"name": "PyTorch", "version": f"{torch.__version__} with {blas()}"}), flush=True)
    for line in sys.stdin:
        try:
            answer = server.answer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
