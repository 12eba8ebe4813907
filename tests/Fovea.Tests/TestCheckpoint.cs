using Fovea.Formats;

namespace Fovea.Tests;

/// <summary>Makes broken checkpoints of whole ones.</summary>
internal static class TestCheckpoint
{
    /// <summary>Writes a checkpoint again with other tensors or metadata.</summary>
    public static void Rewrite(
        string path,
        string target,
        Action<List<SafeTensor>>? change = null,
        Action<Dictionary<string, string>>? changeMetadata = null)
    {
        List<SafeTensor> tensors = [];
        Dictionary<string, string> metadata;
        using (SafeTensorsFile file = SafeTensorsFile.Open(path))
        {
            metadata = new Dictionary<string, string>(file.Metadata);
            foreach ((string name, SafeTensorInfo info) in file.Tensors)
            {
                float[] values = new float[info.Count];
                file.ReadFloats(name, values);
                tensors.Add(SafeTensor.FromFloats(name, [.. info.Shape], () => values));
            }
        }

        change?.Invoke(tensors);
        changeMetadata?.Invoke(metadata);
        SafeTensorsWriter.Write(target, tensors, metadata);
    }
}
