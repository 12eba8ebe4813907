"""What the counterparts of several families are made of."""

import torch
from torch import nn


class DropPath(nn.Module):
    """Leaves a branch out for some of the images of a batch (stochastic depth, arXiv 1603.09382)."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        kept = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
        return x * (kept / keep)


def attend(q, k, v, bias=None):
    """Softmax attention over (batch, heads, tokens, width); heads come back side by side: (batch, tokens, channels)."""
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    if bias is not None:
        scores = scores + bias
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def heads(x, count):
    """(batch, tokens, channels) to (batch, heads, tokens, width)."""
    return x.unflatten(-1, (count, -1)).transpose(1, 2)


def rows(x):
    """A map (batch, channels, height, width) as tokens (batch, height·width, channels)."""
    return x.flatten(2).transpose(1, 2)


def maps(x, side):
    """Tokens of a square as a map."""
    return x.transpose(1, 2).unflatten(2, (side, side))


def rates(most, blocks):
    """Drop path grows from block to block, from nothing to the given rate."""
    return torch.linspace(0, most, blocks).tolist()
