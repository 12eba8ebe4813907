"""torchvision's detectors with ResNet-50 and a feature pyramid, made as for published weights, with seeded random ones in their place."""

import torch
import torchvision
from torchvision.models.detection import FasterRCNN, MaskRCNN, RetinaNet
from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
from torchvision.ops.feature_pyramid_network import LastLevelP6P7
from torchvision.ops.misc import FrozenBatchNorm2d

CLASSES = 91
OBJECTS = 8
TRAINED_STAGES = 3


def pyramid(**options):
    """Batch normalisations, the stem and the first stage stay as they are, as torchvision has it for published weights."""
    return _resnet_fpn_extractor(torchvision.models.resnet50(norm_layer=FrozenBatchNorm2d), TRAINED_STAGES, **options)


NETWORKS = {
    "retinanet:resnet50": lambda **sides: RetinaNet(
        pyramid(returned_layers=[2, 3, 4], extra_blocks=LastLevelP6P7(256, 256)), CLASSES, **sides),
    "faster_rcnn:resnet50": lambda **sides: FasterRCNN(pyramid(), CLASSES, **sides),
    "mask_rcnn:resnet50": lambda **sides: MaskRCNN(pyramid(), CLASSES, **sides),
}


def detector(network, **sides):
    """A detector with seeded random weights, spread so that detections of many scores and classes occur."""
    torch.manual_seed(1)
    model = NETWORKS[network](**sides)
    for name, values in model.named_buffers():
        # Each block adds to its shortcut: sums shall not grow from block to block.
        if name.endswith("bn3.weight"):
            values.mul_(0.25)
    if network.startswith("retinanet"):
        spread(model, model.head.classification_head.cls_logits, mean=-6.5, deviation=1.2)
        spread(model, model.head.regression_head.bbox_reg, mean=0, deviation=0.3)
    else:
        spread(model, model.rpn.head.cls_logits, mean=0, deviation=2)
        spread(model, model.rpn.head.bbox_pred, mean=0, deviation=0.3)
        spread(model, model.roi_heads.box_predictor.cls_score, mean=0, deviation=2)
        spread(model, model.roi_heads.box_predictor.bbox_pred, mean=0, deviation=0.5)
    if network.startswith("mask_rcnn"):
        spread(model, model.roi_heads.mask_predictor.mask_fcn_logits, mean=0, deviation=2)
    return model


def spread(model, layer, mean, deviation):
    """Gives each channel of a layer's result a mean and a standard deviation, on a small image of coloured squares."""
    results = []
    hook = layer.register_forward_hook(lambda _, inputs, result: results.append(result))
    sides, model.transform.min_size = model.transform.min_size, (224,)
    with torch.no_grad():
        model.eval()([torch.rand(3, 7, 9).repeat_interleave(32, 1).repeat_interleave(32, 2)])
        hook.remove()
        model.transform.min_size = sides
        rows = torch.cat([result.movedim(1, -1).flatten(0, -2) for result in results])
        factor = deviation / rows.std(0)
        layer.weight.mul_(factor.reshape(-1, *[1] * (layer.weight.ndim - 1)))
        layer.bias.copy_(factor * (layer.bias - rows.mean(0)) + mean)


def objects(image, height, width, classes, masks):
    """Boxes from an eighth to a half of the sides: those that Fovea's NetworkStep learns from."""
    boxes, labels, bitmaps = [], [], []
    for i in range(OBJECTS):
        part = (1 + i % 4) / 8
        left = (1 - part) * ((5 * i + image) % OBJECTS) / OBJECTS * width
        top = (1 - part) * ((3 * i + image) % OBJECTS) / OBJECTS * height
        right, bottom = left + part * width, top + part * height
        boxes.append([left, top, right, bottom])
        labels.append(1 + i % classes)
        bitmap = torch.zeros(height, width, dtype=torch.uint8)
        bitmap[round(top):round(bottom), round(left):round(right)] = 1
        bitmaps.append(bitmap)
    target = {"boxes": torch.tensor(boxes), "labels": torch.tensor(labels)}
    return {**target, "masks": torch.stack(bitmaps)} if masks else target


class Detection:
    """Detections in images, each alone, at the sides that torchvision takes unless told otherwise."""

    def __init__(self, network, file, threads):
        torch.set_num_threads(threads)
        self.model = detector(network).eval()
        torch.save(self.model.state_dict(), file)
        self.model.to(memory_format=torch.channels_last)
        self.image = None

    def read(self, file, height, width):
        with open(file, "rb") as pixels:
            values = torch.frombuffer(bytearray(pixels.read()), dtype=torch.uint8)
        self.image = values.reshape(height, width, 3).movedim(-1, 0).contiguous().float() / 255

    def step(self):
        with torch.no_grad():
            [found] = self.model([self.image])
        return found


class DetectionTraining:
    """A step: forward, backward, SGD with momentum, as torchvision trains its detectors."""

    def __init__(self, network, height, width, batch, threads):
        torch.set_num_threads(threads)
        self.network = detector(network, min_size=height, max_size=width).train().to(memory_format=torch.channels_last)
        trained = [weight for weight in self.network.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.SGD(trained, lr=1e-6, momentum=0.9, weight_decay=1e-4)
        self.images = [torch.rand(3, height, width) for _ in range(batch)]
        masks = network.startswith("mask_rcnn")
        self.targets = [objects(image, height, width, CLASSES - 1, masks) for image in range(batch)]

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        sum(self.network(self.images, self.targets).values()).backward()
        self.optimizer.step()
