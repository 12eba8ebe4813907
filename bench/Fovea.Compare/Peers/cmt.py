"""CMT-Ti (arXiv 2107.06263) in PyTorch: what the variant cmt_ti of Fovea computes, for the bench."""

import torch
from torch import nn

from parts import DropPath, attend, heads, maps, rates, rows


class Attention(nn.Module):
    """Lightweight attention: keys and values come from a map that is smaller by the reduction."""

    def __init__(self, channels, count, reduction):
        super().__init__()
        self.count = count
        self.q, self.k, self.v, self.proj = (nn.Linear(channels, channels) for _ in range(4))
        self.reduce = None
        if reduction > 1:
            self.reduce = nn.Sequential(
                nn.Conv2d(channels, channels, reduction, reduction, groups=channels), nn.BatchNorm2d(channels))

    def forward(self, x, side, bias):
        reduced = rows(self.reduce(maps(x, side))) if self.reduce else x
        q, k, v = (heads(linear(tokens), self.count) for linear, tokens in ((self.q, x), (self.k, reduced), (self.v, reduced)))
        return self.proj(attend(q, k, v, bias))


class FeedForward(nn.Module):
    """Inverted residual: widen, depthwise convolution with a shortcut, narrow."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.widen = nn.Sequential(nn.Conv2d(channels, hidden, 1), nn.GELU(), nn.BatchNorm2d(hidden))
        self.depthwise = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.activate = nn.Sequential(nn.GELU(), nn.BatchNorm2d(hidden))
        self.narrow = nn.Sequential(nn.Conv2d(hidden, channels, 1), nn.BatchNorm2d(channels))

    def forward(self, x, side):
        x = self.widen(maps(x, side))
        return rows(self.narrow(self.activate(self.depthwise(x) + x)))


class Block(nn.Module):
    def __init__(self, channels, count, reduction, hidden, rate):
        super().__init__()
        self.local = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.attention = Attention(channels, count, reduction)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.feed_forward = FeedForward(channels, hidden)
        self.drop = DropPath(rate)

    def forward(self, x, side, bias):
        x = x + rows(self.local(maps(x, side)))
        x = x + self.drop(self.attention(self.norm1(x), side, bias))
        return x + self.drop(self.feed_forward(self.norm2(x), side))


class Cmt(nn.Module):
    def __init__(self, size, stem, widths, depths, ratio, drop_path, dropout, classes=1000):
        super().__init__()
        layers = []
        for before, stride in ((3, 2), (stem, 1), (stem, 1)):
            layers += [nn.Conv2d(before, stem, 3, stride, 1), nn.GELU(), nn.BatchNorm2d(stem)]
        self.stem = nn.Sequential(*layers)

        rate = iter(rates(drop_path, sum(depths)))
        keys = (size // 32) ** 2
        self.embeddings, self.norms, self.stages = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        self.biases = nn.ParameterList()
        for stage, (before, width, depth) in enumerate(zip((stem, *widths), widths, depths)):
            count, reduction, side = 2**stage, 2 ** (3 - stage), size // 2 ** (stage + 2)
            self.embeddings.append(nn.Conv2d(before, width, 2, 2))
            self.norms.append(nn.LayerNorm(width))
            self.stages.append(nn.ModuleList(Block(width, count, reduction, int(width * ratio), next(rate)) for _ in range(depth)))
            self.biases.append(nn.Parameter(torch.randn(count, side * side, keys)))

        self.head = nn.Sequential(
            nn.Conv2d(widths[-1], 1280, 1), nn.BatchNorm2d(1280), nn.SiLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(1280, classes))

    def forward(self, x):
        x = self.stem(x)
        for embedding, norm, blocks, bias in zip(self.embeddings, self.norms, self.stages, self.biases):
            x = embedding(x)
            side = x.shape[-1]
            x = norm(rows(x))
            for block in blocks:
                x = block(x, side, bias)
            x = maps(x, side)
        return self.head(x)


def cmt_ti(size):
    return Cmt(size, 16, (46, 92, 184, 368), (2, 2, 10, 2), 3.6, drop_path=0.1, dropout=0.1)
