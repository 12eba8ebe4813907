using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using Fovea.Collectives;
using Fovea.Data;

namespace Fovea.Training;

/// <summary>Program, data and recipe, which all processes of a run must have in common, compared before the first step.</summary>
internal static class RankAgreement
{
    private static readonly string[] _assemblies = ["Fovea.dll", "Fovea.Engine.dll"];

    /// <summary>Compares programs, processors, options and samples.</summary>
    /// <param name="ranks">The processes; nothing is compared where there is one.</param>
    /// <param name="options">Options of the run.</param>
    /// <param name="training">The training samples: their number, names and classes are compared, not their pixels.</param>
    /// <exception cref="CollectiveException">One process differs from the first; the message says in what.</exception>
    public static void Require(ICollective ranks, TrainingOptions options, ISampleSource training)
    {
        if (ranks.Size == 1)
        {
            return;
        }

        (string What, byte[] Hash)[] own =
        [
            ("another program", HashOfProgram()),
            ("another kind of processor", Encoding.UTF8.GetBytes(Processor())),

            // Before the options, some of which are chosen by the images.
            ("other training images", HashOf(training)),
            ("other options", SHA256.HashData(Encoding.UTF8.GetBytes(options.ToJson().ToJsonString()))),
        ];
        foreach ((string what, byte[] hash) in own)
        {
            IReadOnlyList<byte[]> all = ranks.Gather(hash);
            int other = Enumerable.Range(0, all.Count).FirstOrDefault(rank => !all[rank].AsSpan().SequenceEqual(all[0]));
            if (other > 0)
            {
                throw new CollectiveException(
                    $"Process {other + 1} of {ranks.Size} has {what} than the first one. Give all processes the same program, "
                        + "recipe and images, on machines of one kind.");
            }
        }
    }

    private static byte[] HashOfProgram()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] parts = [Environment.ProcessPath ?? "", .. _assemblies.Select(InFolder)];
        foreach (string path in parts.Where(File.Exists))
        {
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(path)));
        }

        return hash.GetHashAndReset();

        static string InFolder(string name) => Path.Combine(AppContext.BaseDirectory, name);
    }

    /// <summary>Numbers that the last bits of a step depend on.</summary>
    private static string Processor() => string.Join(
        ' ', RuntimeInformation.ProcessArchitecture, Vector256.IsHardwareAccelerated, Vector512.IsHardwareAccelerated);

    private static byte[] HashOf(ISampleSource training)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < training.Count; i++)
        {
            int label = (training as IImageDataset)?.LabelOf(i) ?? 0;
            hash.AppendData(Encoding.UTF8.GetBytes($"{label} {training.NameOf(i)}\n"));
        }

        return hash.GetHashAndReset();
    }
}
