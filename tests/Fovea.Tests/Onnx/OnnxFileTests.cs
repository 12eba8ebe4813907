using Fovea.Data;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Onnx;

namespace Fovea.Tests.Onnx;

/// <summary>What exported files hold, read back without a runtime.</summary>
public sealed class OnnxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_residual_network_has_convolutions_with_everything_folded_in_and_no_transpositions()
    {
        OnnxContent file = Export("resnet50", 64);
        Assert.Equal(53, file.Count("Conv"));
        Assert.Equal(1, file.Count("Gemm"));
        Assert.Equal(0, file.Count("Transpose"));
        Assert.Equal(0, file.Count("Mul"));
        Assert.Equal(16, file.Count("Add"));
        Assert.Contains(file.Nodes, node => node.Name == "layer1.0.conv1/Conv");
        Assert.Contains("fc.weight", file.Initializers.Keys);
        Assert.All(["stage1", "stage2", "stage3", "stage4"], stage => Assert.Contains(file.Nodes, node => node.Outputs.Contains(stage)));
    }

    [Fact]
    public void Every_value_is_computed_before_it_is_read_and_every_name_is_given_once()
    {
        string[] models = ["cmt_nano", "botnet50_leaderj1001", "crossformer_t", "pit_ti_distilled", "patchconvnet_s60_multi"];
        foreach (string model in models)
        {
            OnnxContent file = Export(model, null);
            HashSet<string> known = [.. file.Initializers.Keys, "images"];
            HashSet<string> names = [];
            HashSet<string> read = [];
            foreach (OnnxNodeContent node in file.Nodes)
            {
                Assert.True(names.Add(node.Name), $"{model}: {node.Name} is there twice");
                Assert.All(
                    node.Inputs,
                    input => Assert.True(input.Length == 0 || known.Contains(input), $"{model}: {node.Name} reads {input}"));
                Assert.All(node.Outputs, output => Assert.True(known.Add(output), $"{model}: {output} is there twice"));
                read.UnionWith(node.Inputs);
            }

            Assert.Contains("logits", known);
            Assert.All(file.Initializers.Keys, name => Assert.True(read.Contains(name), $"{model}: nothing reads {name}"));
        }
    }

    [Fact]
    public void Transpositions_stand_only_where_layer_normalisation_or_attention_meets_convolution()
    {
        // A block of PatchConvNet holds one convolution that mixes places: one transposition in front of it and one behind.
        OnnxContent file = Export("patchconvnet_s60", 32);
        Assert.InRange(file.Count("Transpose"), 120, 126);

        // Blocks of CrossFormer have no convolutions: what is transposed are groups, and queries, keys, values and results of heads.
        Assert.All(
            Export("crossformer_t", null).Nodes.Where(node => node.Operation == "Conv"),
            node => Assert.Matches("patch_embed|reductions", node.Name));
    }

    [Fact]
    public void The_batch_is_open_and_the_file_says_what_the_model_is()
    {
        OnnxContent file = Export("cmt_nano", 32);
        Assert.Equal(["batch", "3", "32", "32"], file.Axes(11));
        Assert.Equal(["batch", "10"], file.Axes(12));
        Assert.Equal("Fovea", file.Model.Text(2));
        Assert.NotEmpty(file.Model.Text(3));
        Assert.Equal(17, file.Model.Message(8).Integer(2));
        Assert.Equal("cmt_nano", file.Graph.Text(2));
        Assert.Equal("cmt_nano", file.Metadata["fovea.model"]);
        Assert.Contains("class 7", file.Metadata["fovea.classes"], StringComparison.Ordinal);
        Assert.Equal(32, Preprocessing.FromJson(file.Metadata["fovea.preprocessing"]).Height);
        Assert.Contains("\"classes\":10", file.Metadata["fovea.options"], StringComparison.Ordinal);
    }

    [Fact]
    public void With_preprocessing_the_input_is_bytes()
    {
        OnnxContent file = Export("cmt_nano", 32, new OnnxOptions { Preprocessing = new Preprocessing { Height = 32, Width = 32 } });
        Assert.Equal(["batch", "32", "32", "3"], file.Axes(11));
        Assert.Equal(2, file.Graph.Message(11).Message(2).Message(1).Integer(1));
        Assert.Equal(1, file.Count("Cast"));
    }

    [Fact]
    public void Operators_are_those_of_the_version()
    {
        OnnxContent old = Export("cmt_nano", 32);
        OnnxContent recent = Export("cmt_nano", 32, new OnnxOptions { Opset = 20 });
        Assert.Equal(0, old.Count("Gelu"));
        Assert.Equal(old.Count("Erf"), recent.Count("Gelu"));
        Assert.Equal(20, recent.Model.Message(8).Integer(2));
        Assert.True(recent.Model.Integer(1) > old.Model.Integer(1));
        foreach (int opset in new[] { 16, 22 })
        {
            OnnxExportException error = Assert.Throws<OnnxExportException>(() => Export("cmt_nano", 32, new OnnxOptions { Opset = opset }));
            Assert.Contains("17 to 21", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Weights_that_are_too_many_stand_in_a_second_file_at_aligned_places()
    {
        OnnxContent whole = Export("cmt_nano", 32);
        OnnxContent parted = Export("cmt_nano", 32, new OnnxOptions { MaxBytesInside = 100_000 });
        byte[] data = File.ReadAllBytes(Target + ".data");
        int outside = 0;
        foreach ((string name, OnnxMessage tensor) in parted.Initializers)
        {
            OnnxMessage same = whole.Initializers[name];
            Assert.Equal(same.Integers(1), tensor.Integers(1));
            if (tensor.Integer(14) == 0)
            {
                continue;
            }

            outside++;
            Dictionary<string, string> place = tensor.Messages(13).ToDictionary(entry => entry.Text(1), entry => entry.Text(2));
            Assert.Equal("model.onnx.data", place["location"]);
            int offset = int.Parse(place["offset"], System.Globalization.CultureInfo.InvariantCulture);
            int length = int.Parse(place["length"], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(0, offset % 64);
            Assert.Equal(
                same.Floats(9),
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(data.AsSpan(offset, length)).ToArray());
        }

        Assert.True(outside > 20);
        Assert.True(new FileInfo(Target).Length < 100_000);
    }

    [Fact]
    public void A_stream_gets_what_a_file_holds()
    {
        OnnxOptions options = new() { MaxBytesInside = 0 };
        using Model model = Model.Create("cmt_nano", new ModelOptions(Classes: 3, Height: 32, Width: 32));
        OnnxExport.Write(Target, model);
        using MemoryStream stream = new();
        OnnxExport.Write(stream, model, options);
        Assert.Equal(File.ReadAllBytes(Target), stream.ToArray());

        OnnxTensor large = new(
            "weights", OnnxElementType.Float, [3, 1 << 28], _ => throw new InvalidOperationException("Nothing is written."));
        OnnxModel graph = new(17, "large", [], [large], new OnnxValue("images", OnnxElementType.Float, []), [], []);
        OnnxExportException error = Assert.Throws<OnnxExportException>(() => OnnxFile.Write(stream, graph));
        Assert.Contains("3.2 GB", error.Message, StringComparison.Ordinal);
        Assert.Contains("Write to a path", error.Message, StringComparison.Ordinal);
        Assert.Equal(new FileInfo(Target).Length, stream.Length);
    }

    [Fact]
    public void Stages_are_outputs_where_they_are_asked_for()
    {
        OnnxContent file = Export("resnet50", 64, new OnnxOptions { Stages = ["stage2", "stage4"] });
        Assert.Equal(["logits", "stage2", "stage4"], file.Graph.Messages(12).Select(output => output.Text(1)));
        Assert.Equal(0, file.Count("Transpose"));
        Assert.Equal(0, file.Count("Identity"));
        OnnxExportException error = Assert.Throws<OnnxExportException>(
            () => Export("resnet50", 64, new OnnxOptions { Stages = ["stage5"] }));
        Assert.Contains("stage1, stage2, stage3, stage4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_that_cannot_be_written_leaves_nothing_behind()
    {
        Directory.CreateDirectory(Target);
        foreach (long inside in new[] { long.MaxValue, 0 })
        {
            Assert.Throws<UnwritableFileException>(() => Export("cmt_nano", 32, new OnnxOptions { MaxBytesInside = inside }));
            Assert.Equal([Target], Directory.GetFileSystemEntries(_folder.Path));
        }
    }

    private OnnxContent Export(string model, int? side, OnnxOptions? options = null)
    {
        ModelOptions choices = side is null ? Models.EveryModelTests.Small(model) : new(Classes: 10, Height: side, Width: side);
        using Model made = Model.Create(model, choices);
        OnnxExport.Write(Target, made, options);
        return new OnnxContent(Target);
    }
}
