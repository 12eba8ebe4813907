using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Formats;

namespace Fovea.Tests.Checkpoints;

/// <summary>Checkpoints as people have them: wrapped, in several files, beside other things, or something else.</summary>
public sealed class ForeignCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("net.model.", 3)]
    [InlineData("a.b.c.", 3)]
    public void Words_in_front_of_all_names_are_left_out(string prefix, int classes)
    {
        string path = Weights("wrapped.pth", name => prefix + name);
        using Model model = Checkpoint.Load(path);
        Assert.Equal(("cmt_nano", classes), (model.Info.Name, model.Info.Classes.Count));
    }

    [Fact]
    public void Buffers_of_metrics_and_of_the_normalisation_of_images_do_not_stand_in_the_way()
    {
        string path = Weights(
            "lightning.ckpt",
            name => "model." + name,
            SafeTensor.FromFloats("model.mean", [1, 3, 1, 1], new float[3]),
            SafeTensor.FromFloats("model.std", [1, 3, 1, 1], new float[3]),
            SafeTensor.FromFloats("train_acc.tp", [3], new float[3]));
        using Model model = Checkpoint.Load(path);
        Assert.Equal("cmt_nano", model.Info.Name);
    }

    [Theory]
    [InlineData("head.1.")]
    [InlineData("head.0.")]
    public void A_classifier_in_a_sequence_is_found(string head)
    {
        using Model plain = Checkpoint.Load(Weights("plain.safetensors", name => name));
        string path = Weights("sequence.safetensors", name => name.Replace("head.", head, StringComparison.Ordinal));
        using Model model = Checkpoint.Load(path);
        Assert.Equal(plain.Parameters.Tensors["head.weight"].Variable.Data, model.Parameters.Tensors["head.weight"].Variable.Data);
    }

    [Fact]
    public void A_classifier_of_two_layers_is_not_taken_for_one()
    {
        string path = Weights(
            "two.safetensors",
            name => name.Replace("head.", "head.0.", StringComparison.Ordinal),
            SafeTensor.FromFloats("head.2.weight", [3, 3], new float[9]));
        Assert.Throws<InvalidFileException>(() => Checkpoint.Load(path));
    }

    [Fact]
    public void An_index_of_several_files_is_opened_and_one_of_them_names_it()
    {
        Weights("model-00001-of-00002.safetensors", name => IsFirst(name) ? name : null);
        Weights("model-00002-of-00002.safetensors", name => IsFirst(name) ? null : name);
        string index = _folder.File("model.safetensors.index.json");
        using ParameterStore parameters = Nano();
        WriteIndex(index, parameters.Tensors.Keys, name => $"model-0000{(IsFirst(name) ? 1 : 2)}-of-00002.safetensors");
        using Model model = Checkpoint.Load(index);
        Assert.Equal("cmt_nano", model.Info.Name);
        string message = Assert.Throws<InvalidFileException>(
            () => Checkpoint.Load(_folder.File("model-00001-of-00002.safetensors"))).Message;
        Assert.Contains($"give their index {index}", message, StringComparison.Ordinal);

        foreach (string elsewhere in new[] { "../model-00001-of-00002.safetensors", "/etc/passwd", "..", "", "missing.safetensors" })
        {
            WriteIndex(index, parameters.Tensors.Keys, _ => elsewhere);
            Assert.Throws<InvalidFileException>(() => Checkpoint.Load(index));
        }

        foreach (string map in new[] { "7", "{\"a\":1}", "{\"\\ud800\":\"x\"}", "{" })
        {
            File.WriteAllText(index, $"{{\"weight_map\":{map}}}");
            Assert.Throws<InvalidFileException>(() => Checkpoint.Load(index));
        }

        static bool IsFirst(string name) => string.CompareOrdinal(name, "c") < 0;
    }

    [Fact]
    public void Values_of_unknown_types_beside_the_weights_are_passed_over_and_never_built()
    {
        PickleWriter pickle = new PickleWriter().Op("}(");
        pickle.Text("model").Op("}").Text("w").Tensor("FloatStorage", "0", 2, 0, [2], [1]).Op("s");
        pickle.Text("when").Global("datetime", "datetime").Op("U\u0002ab\u0085R");
        pickle.Text("ema").Global("my_project.ema", "EMA").Op(")\u0081}").Text("decay").Integer(1).Op("sb");
        pickle.Text("list").Global("my_project", "Names").Op(")R(").Integer(1).Op("e").Op("(").Integer(1).Integer(2).Op("u");
        pickle.Text("trap").Global("os", "system").Text("touch /tmp/fovea-was-here").Op("\u0085R").Op("u");
        string path = _folder.File("beside.pth");
        File.WriteAllBytes(path, pickle.ToArchive(("0", new byte[8])));
        using CheckpointFile file = CheckpointFile.Open(path);
        Assert.Equal("model", file.Choose().KeyPath);
        Assert.Equal(
            ["when (datetime.datetime)", "ema (my_project.ema.EMA)", "list (my_project.Names)", "trap (os.system)"], file.Skipped);
        Assert.False(File.Exists("/tmp/fovea-was-here"));
    }

    [Fact]
    public void What_is_no_checkpoint_is_called_what_it_is()
    {
        (string Kind, byte[] Bytes)[] kinds =
        [
            ("pointer of Git LFS", Encoding.ASCII.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n")),
            ("a PNG image", [0x89, .. "PNG\r\n"u8, 0x1A, 10]),
            ("a JPEG image", [0xFF, 0xD8, 0xFF, 0xE0]),
            ("an HDF5 file", [0x89, .. "HDF\r\n"u8, 0x1A, 10]),
            ("a web page", Encoding.ASCII.GetBytes("\n<!DOCTYPE html><html>")),
            ("JSON text", Encoding.ASCII.GetBytes("{\"error\": \"Not found\"}")),
            ("it is text", Encoding.UTF8.GetBytes("Größe 12\n")),
            ("compressed by gzip", [0x1F, 0x8B, 8, 0]),
            ("probably an ONNX model", [8, 8, 0x12, 7, .. "pytorch"u8, 0x1A]),
        ];
        foreach ((string kind, byte[] bytes) in kinds)
        {
            foreach (string name in new[] { "a.safetensors", "a.pth" })
            {
                File.WriteAllBytes(_folder.File(name), bytes);
                string message = Assert.Throws<InvalidFileException>(() => CheckpointFile.Open(_folder.File(name))).Message;
                Assert.Contains(kind, message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_pipe_is_refused_at_once()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string pipe = _folder.File("pipe");
        using (Process make = Process.Start("mkfifo", pipe))
        {
            make.WaitForExit();
        }

        Assert.Contains("a pipe", Assert.Throws<InvalidFileException>(() => CheckpointFile.Open(pipe)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain.safetensors", float.NaN)]
    [InlineData("plain.pth", float.PositiveInfinity)]
    public void Weights_that_are_not_finite_are_refused_by_name(string file, float value)
    {
        using ParameterStore parameters = Nano();
        parameters.Tensors["blocks_b.1.attn.q.weight"].Variable.Data[5] = value;
        string path = _folder.File(file);
        StateFiles.Write(path, parameters);
        string message = Assert.Throws<InvalidFileException>(() => Checkpoint.Load(path)).Message;
        Assert.Contains("'blocks_b.1.attn.q.weight' holds values that are not finite", message, StringComparison.Ordinal);
    }

    private static ParameterStore Nano() => StateFiles.Fresh("cmt_nano", new ModelOptions(Classes: 3)).State;

    private static void WriteIndex(string path, IEnumerable<string> names, Func<string, string> file) => File.WriteAllText(
        path, JsonSerializer.Serialize(new { weight_map = names.ToDictionary(name => name, file) }));

    private string Weights(string file, Func<string, string?> nameOf, params SafeTensor[] others)
    {
        using ParameterStore parameters = Nano();
        StateFiles.Write(_folder.File(file), parameters, nameOf, others);
        return _folder.File(file);
    }
}
