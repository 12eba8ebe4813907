using System.Runtime.CompilerServices;
using Fovea.Models;
using Fovea.Onnx;
using Fovea.Tests.Formats;

namespace Fovea.Tests.Onnx;

/// <summary>A test that asks ONNX's own checker: it takes part only where Debian's python3-onnx is installed.</summary>
internal sealed class OnnxCheckerFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> _isInstalled = new(
        () => File.Exists("/usr/bin/python3")
            && TorchFactAttribute.Run("import importlib.util, sys; sys.exit(importlib.util.find_spec('onnx') is None)").ExitCode == 0);

    public OnnxCheckerFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber) => Explicit = !_isInstalled.Value;
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
        string[] models =
            ["cmt_nano", "cmt_ti_flyegle", "botnet50", "resnet50", "crossformer_t", "pit_ti_distilled", "patchconvnet_s60_multi"];
        string[] paths = [.. models.Select(model => folder.File($"{model}.onnx"))];
        foreach ((string model, string path) in models.Zip(paths))
        {
            using Model made = Model.Create(model, Models.EveryModelTests.Small(model));
            long inside = model == "cmt_nano" ? 0 : long.MaxValue;
            OnnxExport.Write(path, made, new OnnxOptions { MaxBytesInside = inside, Stages = [made.Network.Stages[0].Name] });
        }

        Check(paths);
    }

    [OnnxCheckerFact]
    public void The_checker_accepts_detectors()
    {
        using TemporaryFolder folder = new();
        string[] heads = ["retinanet", "faster_rcnn", "mask_rcnn"];
        string[] paths = [.. heads.Select(head => folder.File($"{head}.onnx"))];
        foreach ((string head, string path) in heads.Zip(paths))
        {
            ModelOptions options = new(Height: 64, Width: 96, Detector: new DetectorOptions { Channels = 8, Width = 8 });
            using Model made = Model.Create($"{head}:cmt_nano", options);
            OnnxExport.Write(path, made);
        }

        Check(paths);
    }

    private static void Check(string[] paths)
    {
        (int exitCode, string output) = TorchFactAttribute.Run(Program, paths);
        Assert.True(exitCode == 0, output);
        Assert.All(paths, path => Assert.Contains(Path.GetFileName(path), output, StringComparison.Ordinal));
    }
}
