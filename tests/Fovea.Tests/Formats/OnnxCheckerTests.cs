using Fovea.Data;
using Fovea.Formats.Onnx;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Formats;

/// <summary>A test that asks ONNX's own checker: skipped by name where Debian's python3-onnx is not installed.</summary>
internal sealed class OnnxCheckerFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> _isInstalled = new(
        () => File.Exists("/usr/bin/python3") && TorchFactAttribute.Run("import importlib.util, sys; sys.exit(importlib.util.find_spec('onnx') is None)").ExitCode == 0);

    public OnnxCheckerFactAttribute() => Skip = _isInstalled.Value ? null : "ONNX's checker is not installed (Debian: python3-onnx).";
}

/// <summary>Holds exported files against ONNX's own checker, which also infers every shape.</summary>
public sealed class OnnxCheckerTests
{
    private const string Program = """
        import sys
        import onnx
        for path in sys.argv[1:]:
            onnx.checker.check_model(path, full_check=True)
            model = onnx.load(path, load_external_data=False)
            known = onnx.shape_inference.infer_shapes(model, strict_mode=True)
            print(path.split("/")[-1], len(model.graph.node), len(known.graph.value_info))
        """;

    [OnnxCheckerFact]
    public void The_checker_accepts_every_family()
    {
        using TemporaryFolder folder = new();
        string[] models = ["cmt_nano", "cmt_ti_flyegle", "botnet50", "resnet50", "crossformer_t", "pit_ti_distilled", "patchconvnet_s60_multi"];
        string[] paths = [.. models.Select(model => folder.File($"{model}.onnx"))];
        foreach ((string model, string path) in models.Zip(paths))
        {
            ModelOptions options = Models.EveryModelTests.Small(model);
            Network network = ModelRegistry.Create(model, options);
            using ParameterStore state = new(network);
            ModelInfo info = new(model, options, [.. Enumerable.Range(0, 10).Select(i => $"class {i}")], new Preprocessing());
            OnnxExport.Write(path, info, network, new OnnxOptions { MaxBytesInside = model == "cmt_nano" ? 0 : long.MaxValue });
        }

        (int exitCode, string output) = TorchFactAttribute.Run(Program, paths);
        Assert.True(exitCode == 0, output);
        Assert.All(models, model => Assert.Contains($"{model}.onnx", output, StringComparison.Ordinal));
    }
}
