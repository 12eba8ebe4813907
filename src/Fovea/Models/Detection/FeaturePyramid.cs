using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Feature pyramid (arXiv 1612.03144, section 3): a 1×1 convolution of each of the backbone's maps, to which the next coarser level is
/// added, enlarged by nearest pixels, and a 3×3 convolution of that sum. Coarser levels may follow. Checkpoint keys, I counting levels:
/// torchvision's <c>inner_blocks.I.0</c>, <c>layer_blocks.I.0</c>, <c>extra_blocks.p6</c> …; mmdetection's <c>lateral_convs.I.conv</c>,
/// <c>fpn_convs.I.conv</c>, where extra levels go on counting.
/// </summary>
internal sealed class FeaturePyramid : Module
{
    private const int FirstExtraLevel = 6;
    private readonly FeaturePyramidOptions _options;
    private readonly Conv2d[] _laterals;
    private readonly Conv2d[] _outputs;
    private readonly Conv2d[] _extra;

    /// <summary>Makes a pyramid.</summary>
    /// <param name="stages">Channels of the backbone's maps, the finest first.</param>
    /// <param name="options">Options.</param>
    public FeaturePyramid(IReadOnlyList<int> stages, FeaturePyramidOptions options)
    {
        _options = options;
        int[] inputs = [.. stages.Skip(options.FirstStage)];
        bool isTorchvision = options.Form == DetectorForm.Torchvision;
        Initializer initializer = isTorchvision ? Initializer.KaimingUniform : Initializer.XavierUniform;
        _laterals =
        [
            .. inputs.Select((channels, i) => Add(
                isTorchvision ? $"inner_blocks.{i}.0" : $"lateral_convs.{i}.conv",
                new Conv2d(channels, options.Channels, kernel: 1, initializer: initializer))),
        ];
        _outputs =
        [
            .. inputs.Select((_, i) => Add(
                isTorchvision ? $"layer_blocks.{i}.0" : $"fpn_convs.{i}.conv",
                new Conv2d(options.Channels, options.Channels, kernel: 3, padding: 1, initializer: initializer))),
        ];
        _extra =
        [
            .. Enumerable.Range(0, options.ExtraFrom == ExtraLevels.MaxPool ? 0 : options.Extra).Select(i => Add(
                isTorchvision ? $"extra_blocks.p{FirstExtraLevel + i}" : $"fpn_convs.{inputs.Length + i}.conv",
                new Conv2d(
                    i == 0 && options.ExtraFrom == ExtraLevels.Input ? inputs[^1] : options.Channels,
                    options.Channels,
                    kernel: 3,
                    stride: 2,
                    padding: 1,
                    initializer: initializer))),
        ];
    }

    /// <summary>Builds all levels, the finest first, extra ones last.</summary>
    /// <param name="stages">The backbone's maps (N, H, W, C), the finest first; those in front of the first stage are not read.</param>
    public IReadOnlyList<Value> Forward(IReadOnlyList<Value> stages)
    {
        using (Enter(stages[0].Graph))
        {
            Value[] sums = [.. _laterals.Select((lateral, i) => lateral.Forward(stages[_options.FirstStage + i]))];
            for (int i = sums.Length - 2; i >= 0; i--)
            {
                sums[i] += sums[i + 1].Resize(Interpolation.Nearest, sums[i].Shape[1], sums[i].Shape[2]);
            }

            List<Value> levels = [.. _outputs.Select((output, i) => output.Forward(sums[i]))];
            Value source = _options.ExtraFrom switch
            {
                ExtraLevels.Input => stages[^1],
                ExtraLevels.Lateral => sums[^1],
                _ => levels[^1],
            };
            for (int i = 0; i < _options.Extra; i++)
            {
                levels.Add(_extra.Length == 0
                    ? levels[^1].MaxPooling(new WindowSpec(1, Stride: 2))
                    : _extra[i].Forward(i == 0 ? source : _options.ExtraRelu ? levels[^1].Relu() : levels[^1]));
            }

            return levels;
        }
    }
}
