"""UPerNet with ResNet-50 under mmsegmentation's names (arXiv 1807.10221), with seeded random weights."""

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

CLASSES = 150
CHANNELS = 512
AUXILIARY_CHANNELS = 256
AUXILIARY_WEIGHT = 0.4
BINS = (1, 2, 3, 6)
DROPOUT = 0.1
IGNORED = 255
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)


class ConvModule(nn.Module):
    """A convolution without a bias, batch normalisation, ReLU."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.activate = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.activate(self.bn(self.conv(x)))


def resize(x, size):
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


class DecodeHead(nn.Module):
    """The last layer of both heads: dropout of whole channels, then the logits."""

    def __init__(self, channels):
        super().__init__()
        self.conv_seg = nn.Conv2d(channels, CLASSES, 1)
        self.dropout = nn.Dropout2d(DROPOUT)
        nn.init.normal_(self.conv_seg.weight, std=0.01)
        nn.init.zeros_(self.conv_seg.bias)

    def classify(self, x):
        return self.conv_seg(self.dropout(x))


class UperHead(DecodeHead):
    """Pyramid pooling on the coarsest map, a feature pyramid, all levels joined at the size of the finest."""

    def __init__(self, stages):
        super().__init__(CHANNELS)
        self.psp_modules = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(side), ConvModule(stages[-1], CHANNELS, 1)) for side in BINS)
        self.bottleneck = ConvModule(stages[-1] + len(BINS) * CHANNELS, CHANNELS, 3)
        self.lateral_convs = nn.ModuleList(ConvModule(channels, CHANNELS, 1) for channels in stages[:-1])
        self.fpn_convs = nn.ModuleList(ConvModule(CHANNELS, CHANNELS, 3) for _ in stages[:-1])
        self.fpn_bottleneck = ConvModule(len(stages) * CHANNELS, CHANNELS, 3)

    def forward(self, maps):
        coarsest = maps[-1]
        pooled = [resize(branch(coarsest), coarsest.shape[2:]) for branch in self.psp_modules]
        laterals = [convolution(x) for convolution, x in zip(self.lateral_convs, maps)]
        laterals.append(self.bottleneck(torch.cat([coarsest, *pooled], 1)))
        for i in range(len(laterals) - 1, 0, -1):
            laterals[i - 1] = laterals[i - 1] + resize(laterals[i], laterals[i - 1].shape[2:])
        levels = [convolution(x) for convolution, x in zip(self.fpn_convs, laterals)] + [laterals[-1]]
        levels = [levels[0]] + [resize(level, levels[0].shape[2:]) for level in levels[1:]]
        return self.classify(self.fpn_bottleneck(torch.cat(levels, 1)))


class FcnHead(DecodeHead):
    """The auxiliary head on the next-to-last stage, in training only."""

    def __init__(self, inputs):
        super().__init__(AUXILIARY_CHANNELS)
        self.convs = nn.Sequential(ConvModule(inputs, AUXILIARY_CHANNELS, 3))

    def forward(self, maps):
        return self.classify(self.convs(maps[-2]))


class Backbone(torchvision.models.ResNet):
    """torchvision's ResNet-50 up to the maps of its stages."""

    def __init__(self):
        super().__init__(torchvision.models.resnet.Bottleneck, [3, 4, 6, 3])
        del self.avgpool, self.fc

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        maps = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            maps.append(x)
        return maps


class UperNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Backbone()
        self.decode_head = UperHead((256, 512, 1024, 2048))
        self.auxiliary_head = FcnHead(1024)

    def forward(self, x):
        return self.decode_head(self.backbone(x))

    def loss(self, x, labels):
        maps = self.backbone(x)
        return loss(self.decode_head(maps), labels) + AUXILIARY_WEIGHT * loss(self.auxiliary_head(maps), labels)


def loss(logits, labels):
    """Mean over all pixels, those that are ignored counting nothing."""
    return F.cross_entropy(resize(logits, labels.shape[1:]), labels, ignore_index=IGNORED, reduction="none").mean()


def seeded():
    torch.manual_seed(1)
    model = UperNet()
    for name, values in model.named_parameters():
        # Each block adds to its shortcut: sums shall not grow from block to block.
        if name.endswith("bn3.weight"):
            values.data.mul_(0.25)
    return model


def spread(model):
    """Gives each class of the logits a mean of 0 and a standard deviation of 2 on coloured squares, so that all classes occur."""
    with torch.no_grad():
        logits = model.eval()(4 * torch.rand(1, 3, 7, 9).repeat_interleave(32, 2).repeat_interleave(32, 3) - 2)
        factor = 2 / logits.std((0, 2, 3))
        layer = model.decode_head.conv_seg
        layer.weight.mul_(factor[:, None, None, None])
        layer.bias.copy_(factor * (layer.bias - logits.mean((0, 2, 3))))
    return model


class Segmentation:
    """Classes of the pixels of images, each alone and at its own size."""

    def __init__(self, file, threads):
        torch.set_num_threads(threads)
        self.model = spread(seeded()).eval()
        torch.save(self.model.state_dict(), file)
        self.model.to(memory_format=torch.channels_last)
        self.mean, self.deviation = (torch.tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
        self.image = None

    def read(self, file, height, width):
        with open(file, "rb") as pixels:
            values = torch.frombuffer(bytearray(pixels.read()), dtype=torch.uint8)
        self.image = values.reshape(height, width, 3).movedim(-1, 0)

    def step(self):
        with torch.no_grad():
            x = ((self.image.float() - self.mean) / self.deviation)[None].contiguous(memory_format=torch.channels_last)
            return resize(self.model(x), self.image.shape[1:]).argmax(1)[0]


class SegmentationTraining:
    """A step: forward, backward, AdamW, as UPerNet is trained."""

    def __init__(self, height, width, batch, threads):
        torch.set_num_threads(threads)
        self.network = seeded().train().to(memory_format=torch.channels_last)
        decaying = [weight for weight in self.network.parameters() if weight.ndim > 1]
        others = [weight for weight in self.network.parameters() if weight.ndim <= 1]
        self.optimizer = torch.optim.AdamW([{"params": decaying, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}], lr=1e-6)
        self.images = (4 * torch.rand(batch, 3, height, width) - 2).contiguous(memory_format=torch.channels_last)
        self.labels = torch.arange(batch * height * width).reshape(batch, height, width) * 37 % CLASSES

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.network.loss(self.images, self.labels).backward()
        self.optimizer.step()
