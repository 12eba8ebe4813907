using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Way from a backbone's stages to a feature pyramid, under the key <c>fpn</c>. A backbone of a single stage, such as PatchConvNet, gets
/// maps of four sizes first (arXiv 2106.09681, appendix).
/// </summary>
internal sealed class PyramidNeck : Module
{
    private readonly PatchConvNetNeck? _scales;
    private readonly FeaturePyramid _pyramid;

    /// <summary>Makes a neck.</summary>
    /// <param name="stages">Stages of the backbone.</param>
    /// <param name="options">Options of the pyramid.</param>
    public PyramidNeck(IReadOnlyList<StageDescription> stages, FeaturePyramidOptions options)
    {
        IReadOnlyList<StageDescription> all = StagesOf(stages);
        _scales = stages.Count == 1 ? Add("", new PatchConvNetNeck(stages[0].Channels)) : null;
        _pyramid = Add(DetectorHead.PyramidPart, new FeaturePyramid([.. all.Select(stage => stage.Channels)], options));
        int[] own = [.. all.Skip(options.FirstStage).Select(stage => stage.Stride)];
        Strides = [.. own, .. Enumerable.Range(1, options.Extra).Select(extra => own[^1] << extra)];
    }

    /// <summary>Pixels between neighbouring positions of each level, the finest first.</summary>
    public IReadOnlyList<int> Strides { get; }

    /// <summary>Names of the levels' marks, as papers count them by the logarithm of the stride: <c>p3</c> for 8 pixels.</summary>
    public IReadOnlyList<string> LevelNames => [.. Strides.Select(stride => $"p{int.Log2(stride)}")];

    /// <summary>Stages that the pyramid is built on.</summary>
    public static IReadOnlyList<StageDescription> StagesOf(IReadOnlyList<StageDescription> stages) => stages.Count > 1
        ? stages
        : [.. PatchConvNetNeck.StridesOf(stages[0].Stride).Select(stride => stages[0] with { Stride = stride })];

    /// <summary>Builds all levels, the finest first.</summary>
    /// <param name="maps">Maps (N, H, W, C) of the backbone's stages.</param>
    public IReadOnlyList<Value> Forward(IReadOnlyList<Value> maps)
    {
        using (Enter(maps[0].Graph))
        {
            IReadOnlyList<Value> levels = _pyramid.Forward(_scales is null ? maps : _scales.Levels(maps[0]));
            foreach ((Value level, string name) in levels.Zip(LevelNames))
            {
                level.Mark(name);
            }

            levels[^1].Mark(DetectorHead.PyramidPart);
            return levels;
        }
    }
}
