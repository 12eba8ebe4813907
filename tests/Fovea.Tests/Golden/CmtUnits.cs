using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>The parts of CMT that golden cases test by themselves.</summary>
internal static class CmtUnits
{
    public static Module Create(GoldenCase golden)
    {
        int channels = golden.Option("dim", 0);
        int hidden = golden.Option("hidden", (int)(channels * golden.Option("mlp_ratio", golden.Option("dim_ratio", 4.0))));
        (int height, int width) = golden.InputShape.Length == 4
            ? (golden.InputShape[2], golden.InputShape[3])
            : (golden.Option("H", 0), golden.Option("W", 0));
        return golden.Model switch
        {
            "unit_cmt_lpu" => new OnMap(height, width, "proj", new LocalPerceptionUnit(channels)),
            "unit_cmt_irffn" or "unit_cmt_irffn_eval" => new OnMap(height, width, "", new InvertedResidualFeedForward(channels, hidden)),
            "unit_cmt_article_irffn" => new OnMap(height, width, "", new CmtFlyEgleFeedForward(channels, hidden)),
            "unit_cmt_article_lpu_act" => new WithoutShortcut(new CmtFlyEgleLocalPerception(channels, golden.Option("act", false))),
            "unit_cmt_lmhsa" or "unit_cmt_lmhsa_eval" or "unit_cmt_lmhsa_sr1" =>
                new WithPosition(golden, height, width, new CmtAttention(Config(golden, height), 0)),
            "unit_cmt_article_lmhsa" or "unit_cmt_article_lmhsa_plain" =>
                new OnMap(height, width, "", new CmtFlyEgleAttention(FlyEgleConfig(golden, golden.Option("features_size", height)), 0)),
            "unit_cmt_block" => new WithPosition(golden, height, width, new CmtBlock(Config(golden, height), 0)),
            "unit_cmt_bias_resize" => new Resize(GoldenCase.Ints(golden.Options.GetProperty("to"))),
            _ => throw new NotSupportedException(
                $"The project does not know the model '{golden.Model}' of {Path.GetFileName(golden.Path)}."),
        };
    }

    private static CmtStage StageOf(GoldenCase golden) =>
        new(golden.Option("dim", 0), 1, golden.Option("num_heads", 1), golden.Option("sr_ratio", 1), golden.Option("mlp_ratio", 4.0));

    private static CmtConfig Config(GoldenCase golden, int side) => new(1, [StageOf(golden)], side * 4, side * 4)
    {
        QueryKeyValueBias = golden.Option("qkv_bias", true),
        QueryKeyRatio = golden.Option("qk_ratio", 1),
    };

    private static CmtFlyEgleConfig FlyEgleConfig(GoldenCase golden, int side) => new(1, [StageOf(golden)], side * 4, side * 4)
    {
        QueryKeyValueBias = golden.Option("qkv_bias", true),
        Position = golden.Option("relative_pos_embeeding", false) ? CmtFlyEglePosition.Relative : CmtFlyEglePosition.None,
    };

    /// <summary>A module that works on maps, given a token list or a map.</summary>
    private sealed class OnMap : Module
    {
        private readonly int _height;
        private readonly int _width;
        private readonly Module _module;

        public OnMap(int height, int width, string key, Module module)
        {
            (_height, _width) = (height, width);
            _module = Add(key, module);
        }

        protected override Value Build(Value x) => _module.Forward(x.Reshape([x.Shape[0], _height, _width, x.Shape.Last])).Reshape(x.Shape);
    }

    /// <summary>FlyEgle's class is the branch alone; ours adds the shortcut, which is taken off again.</summary>
    private sealed class WithoutShortcut : Module
    {
        private readonly Module _module;

        public WithoutShortcut(Module module) => _module = Add("", module);

        protected override Value Build(Value x) => _module.Forward(x) - x;
    }

    /// <summary>Attention or a block with the relative position bias that the stage owns.</summary>
    private sealed class WithPosition : Module
    {
        private readonly int _height;
        private readonly int _width;
        private readonly Parameter _position;
        private readonly Module _module;

        public WithPosition(GoldenCase golden, int height, int width, Module module)
        {
            (_height, _width) = (height, width);
            int reduction = golden.Option("sr_ratio", 1);
            int keys = height / reduction * (width / reduction);
            _position = Add("relative_pos", new Parameter([golden.Option("num_heads", 1), height * width, keys], Initializer.Normal(1)));
            _module = Add("", module);
        }

        protected override Value Build(Value x)
        {
            Value map = x.ToMap(_height, _width);
            Value position = x.Graph.Read(_position);
            Value result = _module is CmtBlock block ? block.Forward(map, position) : ((CmtAttention)_module).Forward(map, position);
            return result.Reshape(x.Shape);
        }
    }

    private sealed class Resize(int[] to) : Module
    {
        protected override Value Build(Value x) =>
            new PositionInterpolation(Interpolation.Bicubic, 1, 2).Apply(x, Shape.Create(to).With(0, x.Shape[0]));
    }
}
