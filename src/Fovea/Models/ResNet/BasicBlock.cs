using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// A basic block (arXiv 1512.03385, figure 5, left): two 3×3 convolutions, added to the shortcut. Checkpoint keys are torchvision's. In a
/// max-pooled stage the maximum of 2×2 positions behind the first convolution halves the map in place of its stride.
/// </summary>
internal sealed class BasicBlock : Module
{
    private readonly Activation _activation;
    private readonly Conv2d _first;
    private readonly BatchNorm2d _firstNorm;
    private readonly Conv2d _second;
    private readonly BatchNorm2d _secondNorm;
    private readonly SqueezeExcitation? _excitation;
    private readonly ResidualShortcut? _shortcut;
    private readonly float _dropPath;
    private readonly bool _isMaxPooled;

    /// <summary>Makes a block.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="width">Channels out.</param>
    /// <param name="stride">Pixels between positions of the result.</param>
    /// <param name="dropPath">Probability of dropping the branch in training.</param>
    public BasicBlock(ResNetConfig config, int inputs, int width, int stride, float dropPath = 0)
    {
        _activation = config.Activation;
        _dropPath = dropPath;
        _isMaxPooled = config.MaxPooledStages && stride != 1;
        _first = Add("conv1", new Conv2d(inputs, width, kernel: 3, _isMaxPooled ? 1 : stride, padding: 1, bias: false));
        _firstNorm = Add("bn1", new BatchNorm2d(width, config.NormEpsilon));
        _second = Add("conv2", new Conv2d(width, width, kernel: 3, padding: 1, bias: false));
        _secondNorm = Add("bn2", new BatchNorm2d(width, config.NormEpsilon));
        _excitation = config.SqueezeExcitation
            ? Add("se", new SqueezeExcitation(width, width / 16, "fc1", "fc2", config.Activation))
            : null;
        _shortcut = stride != 1 || inputs != width ? Add("downsample", new ResidualShortcut(config, inputs, width, stride)) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = _first.Forward(x);
        y = _firstNorm.Forward(_isMaxPooled ? Halve(y) : y).Activate(_activation);
        y = _secondNorm.Forward(_second.Forward(y));
        y = (_excitation is null ? y : _excitation.Forward(y)).DropPath(_dropPath);
        return (y + (_shortcut is null ? x : _shortcut.Forward(x))).Activate(_activation);
    }

    /// <summary>
    /// The maximum of the positions that there are under 2×2 windows; a last odd row or column is its own, so that the shortcut's map is
    /// met.
    /// </summary>
    private static Value Halve(Value map)
    {
        foreach (int axis in new[] { 1, 2 })
        {
            int last = map.Shape[axis] - 1;
            map = last % 2 == 0 ? new[] { map, map.Slice(axis, last, 1) }.Concat(axis) : map;
        }

        return map.MaxPooling(new WindowSpec(2, Stride: 2));
    }
}
