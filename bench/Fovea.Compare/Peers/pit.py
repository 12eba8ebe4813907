"""PiT-Ti (arXiv 2103.16302) in PyTorch: what the variant pit_ti of Fovea computes, for the bench."""

import torch
from torch import nn

from parts import DropPath, attend, heads, maps, rows


class Block(nn.Module):
    def __init__(self, channels, count, rate):
        super().__init__()
        self.count = count
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))
        self.drop = DropPath(rate)

    def forward(self, x):
        q, k, v = (heads(part, self.count) for part in self.qkv(self.norm1(x)).chunk(3, -1))
        x = x + self.drop(self.proj(attend(q, k, v)))
        return x + self.drop(self.mlp(self.norm2(x)))


class Pooling(nn.Module):
    """Halves the map and doubles the channels, each channel for itself; the class token has a linear layer of its own."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 2 * channels, 3, 2, 1, groups=channels)
        self.linear = nn.Linear(channels, 2 * channels)

    def forward(self, token, x):
        return self.linear(token), self.conv(x)


class Pit(nn.Module):
    def __init__(self, size, patch, stride, widths, depths, counts, drop_path, classes=1000):
        super().__init__()
        side = (size - patch) // stride + 1
        self.embedding = nn.Conv2d(3, widths[0], patch, stride)
        self.position = nn.Parameter(0.02 * torch.randn(1, widths[0], side, side))
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, widths[0]))
        blocks = sum(depths)
        rate = iter([drop_path * i / blocks for i in range(blocks)])
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(width, count, next(rate)) for _ in range(depth))) for width, depth, count in zip(widths, depths, counts))
        self.poolings = nn.ModuleList(Pooling(width) for width in widths[:-1])
        self.norm = nn.LayerNorm(widths[-1], eps=1e-6)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = self.embedding(x) + self.position
        token = self.token.expand(x.shape[0], -1, -1)
        for stage, blocks in enumerate(self.stages):
            side = x.shape[-1]
            tokens = blocks(torch.cat((token, rows(x)), 1))
            token, x = tokens[:, :1], maps(tokens[:, 1:], side)
            if stage < len(self.poolings):
                token, x = self.poolings[stage](token, x)
        return self.head(self.norm(token)[:, 0])


def pit_ti(size):
    return Pit(size, 16, 8, (64, 128, 256), (2, 6, 4), (2, 4, 8), drop_path=0.1)
