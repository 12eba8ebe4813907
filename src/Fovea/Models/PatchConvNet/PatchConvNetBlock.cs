using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// The stem of PatchConvNet: 3×3 convolutions of stride 2 without bias or norm, four as published, GELU between them: (N, H, W, 3) to
/// (N, ⌈H/16⌉, ⌈W/16⌉, C). As an ablation, one linear layer over each patch.
/// </summary>
internal sealed class PatchConvNetStem : Module
{
    private readonly List<Conv2d> _convolutions = [];

    /// <summary>Makes a stem.</summary>
    /// <param name="config">Options of the network; each convolution but the first doubles its channels.</param>
    public PatchConvNetStem(PatchConvNetConfig config)
    {
        if (config.LinearStem)
        {
            int patch = config.PatchSize;
            Conv2d patches = new(3, config.Channels, patch, stride: patch, bias: false, initializer: Initializer.FanInUniform);
            _convolutions.Add(Add("proj", patches));
            return;
        }

        int before = 3;
        for (int i = 0; i < config.StemConvolutions; i++)
        {
            int width = config.Channels >> (config.StemConvolutions - 1 - i);
            Conv2d convolution = new(before, width, kernel: 3, stride: 2, padding: 1, bias: false, Initializer.FanInUniform);
            _convolutions.Add(Add($"proj.{2 * i}.0", convolution));
            before = width;
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) =>
        _convolutions.Skip(1).Aggregate(_convolutions[0].Forward(x), (y, convolution) => convolution.Forward(y.Gelu()));
}

/// <summary>
/// Branch of a block of the trunk, beside its shortcut: 1×1 convolution, depthwise 3×3, squeeze and excitation, 1×1, all of one width.
/// </summary>
internal sealed class PatchConvNetConvolutions : Module
{
    private readonly Conv2d _expand;
    private readonly DepthwiseConv2d _depthwise;
    private readonly SqueezeExcitation _excitation;
    private readonly Conv2d _project;

    /// <summary>Makes the convolutions.</summary>
    /// <param name="channels">Width.</param>
    public PatchConvNetConvolutions(int channels)
    {
        Initializer initializer = Initializer.FanInUniform;
        int squeezed = (int)Math.Round(channels / 4.0, MidpointRounding.ToEven);
        _expand = Add("qkv_pos.0", new Conv2d(channels, channels, kernel: 1, initializer: initializer));
        _depthwise = Add("qkv_pos.2", new DepthwiseConv2d(channels, kernel: 3, padding: 1, initializer: initializer));
        _excitation = Add("qkv_pos.4", new SqueezeExcitation(channels, squeezed, "conv_reduce", "conv_expand", initializer: initializer));
        _project = Add("qkv_pos.5", new Conv2d(channels, channels, kernel: 1, initializer: initializer));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) =>
        _project.Forward(_excitation.Forward(_depthwise.Forward(_expand.Forward(x).Gelu()).Gelu()));
}

/// <summary>A block of PatchConvNet's trunk: x + drop path(γ · convolutions(norm(x))) on maps (N, H, W, C).</summary>
internal sealed class PatchConvNetBlock : Module
{
    private readonly PreNormBranch _branch;

    /// <summary>Makes a block.</summary>
    /// <param name="config">Options of the network.</param>
    public PatchConvNetBlock(PatchConvNetConfig config)
    {
        Parameter scale = Add("gamma_1", new Parameter([config.Channels], Initializer.Constant(config.LayerScale)));
        Module norm = config.BatchNorm ? new BatchNorm2d(config.Channels) : new LayerNorm(config.Channels, PatchConvNet.Epsilon);
        _branch = Add("", new PreNormBranch("norm1", norm, "attn", new PatchConvNetConvolutions(config.Channels), config.DropPath, scale));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => _branch.Forward(x);
}
