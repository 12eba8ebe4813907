using Fovea.Checkpoints;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;
using Fovea.Tests.Models;

namespace Fovea.Tests.Checkpoints;

/// <summary>Writes state dicts of registered models, whole or with faults, and runs networks on one image.</summary>
internal static class StateFiles
{
    /// <summary>A key scheme by name.</summary>
    public static KeyScheme Scheme(string name) => KeySchemes.All.Single(scheme => scheme.Name == name);

    /// <summary>Fresh weights of a model.</summary>
    public static (Network Network, ParameterStore State) Fresh(string model, ModelOptions options)
    {
        Network network = ModelRegistry.Create(model, options);
        ParameterStore state = new(network);

        // Cheaper than random numbers, and different for each tensor, so that exchanging two shows.
        int index = 0;
        foreach (Parameter tensor in state.Tensors.Values)
        {
            Span<float> values = tensor.Variable.Data;
            float size = (1 + (++index % 97 / 97f)) / MathF.Sqrt(values.Length / (tensor.Shape.Rank == 0 ? 1 : tensor.Shape[0]));
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = tensor.Kind switch
                {
                    ParameterKind.Weight => size * (((i * 7) + index) % 13 - 6) / 6,
                    ParameterKind.Statistic => 0.5f + (i % 7 / 7f),
                    _ => 7,
                };
            }
        }

        return (network, state);
    }

    /// <summary>Writes weights for PyTorch, under changed names where a function is given; a name of null leaves the tensor out.</summary>
    public static void Write(string path, ParameterStore state, Func<string, string?>? nameOf = null, params SafeTensor[] others)
    {
        SafeTensor[] tensors = [.. TensorFilling.ToFile(state, nameOf), .. others];
        if (Path.GetExtension(path) == ".safetensors")
        {
            SafeTensorsWriter.Write(path, tensors);
        }
        else
        {
            PyTorchWriter.Write(path, tensors);
        }
    }

    /// <summary>
    /// Writes names and shapes of a model without its values: a safetensors file whose tensors are all zero and lie in a hole of the file.
    /// </summary>
    public static void WriteOutline(
        string path, IEnumerable<KeyValuePair<string, Parameter>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        long offset = 0;
        string[] entries =
        [
            .. metadata is null ? [] : new[] { $"\"__metadata__\":{System.Text.Json.JsonSerializer.Serialize(metadata)}" },
            .. tensors.Select(tensor =>
            {
                (string type, int size) = tensor.Value.Kind == ParameterKind.Counter ? ("I64", 8) : ("F32", 4);
                long begin = offset;
                offset += size * tensor.Value.CheckpointShape.Elements;
                string shape = string.Join(",", tensor.Value.CheckpointShape);
                return $"\"{tensor.Key}\":{{\"dtype\":\"{type}\",\"shape\":[{shape}],\"data_offsets\":[{begin},{offset}]}}";
            }),
        ];
        byte[] header = System.Text.Encoding.UTF8.GetBytes($"{{{string.Join(",", entries)}}}");
        using FileStream stream = File.Create(path);
        stream.Write(BitConverter.GetBytes((long)header.Length));
        stream.Write(header);
        stream.SetLength(stream.Position + offset);
    }

    /// <summary>The logits for one image of fixed random numbers.</summary>
    public static float[] Logits(Network network, int? side = null)
    {
        using WorkerPool pool = new(1);
        using Plan plan = ModelPlans.Inference(network, pool, 1, side ?? network.Height, side ?? network.Width);
        plan.Run();
        return plan.Output("logits").ToArray();
    }
}
