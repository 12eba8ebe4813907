using Fovea.Data;
using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Training;

namespace Fovea.Fuzz;

/// <summary>The library's readers of files, each used as a caller would.</summary>
internal static class Readers
{
    private const int MaxImages = 4;
    private const long MaxElements = 1 << 16;

    /// <summary>Opens a checkpoint of any format and reads its smaller tensors.</summary>
    public static void Checkpoint(string path)
    {
        using CheckpointFile file = CheckpointFile.Open(path);
        foreach (StateDict dictionary in file.StateDicts)
        {
            foreach (TensorInfo tensor in dictionary.TensorInfos.Where(tensor => tensor.Count <= MaxElements))
            {
                dictionary.ReadFloats(tensor.Name, new float[tensor.Count]);
            }
        }
    }

    /// <summary>Reads what a checkpoint says of its model.</summary>
    public static void ModelInfo(string path)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        _ = Fovea.Checkpoints.Checkpoint.ReadInfo(file);
    }

    /// <summary>Reads the configuration of a run.</summary>
    public static void RunConfiguration(string path) => RunFolder.Open(Path.GetDirectoryName(path)!).ReadConfig();

    /// <summary>Reads the metrics of a run.</summary>
    public static void Metrics(string path)
    {
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(path)!, "config.json"), "{}");
        _ = RunFolder.Open(Path.GetDirectoryName(path)!).ReadMetrics();
    }

    /// <summary>Decodes an image.</summary>
    public static void Image(string path) => ImageFile.Read(path);

    /// <summary>Opens an archive of images and reads the first of them.</summary>
    public static void Dataset(string path) => ReadSome(Datasets.Open(path));

    /// <summary>Opens a folder of IDX files, with labels for any number of images beside them.</summary>
    public static void IdxFolder(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        string labels = Path.Combine(folder, "train-labels-idx1-ubyte");
        if (!File.Exists(labels))
        {
            File.WriteAllBytes(labels, [0, 0, 8, 1, 0, 0, 0, 6, 0, 1, 0, 1, 0, 1]);
        }

        ReadSome(Datasets.Open(folder));
    }

    private static void ReadSome(IImageDataset dataset)
    {
        using IDisposable? owner = dataset as IDisposable;
        for (int i = 0; i < Math.Min(dataset.Count, MaxImages); i++)
        {
            _ = dataset.Load(i);
        }
    }
}
