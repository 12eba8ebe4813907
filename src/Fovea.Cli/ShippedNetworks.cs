namespace Fovea.Cli;

/// <summary>
/// Trained networks that ship with the command, found by name: <c>cifar10/cmt_nano</c> is
/// <c>models/cifar10/cmt_nano/model.safetensors</c> beside the program, or in the clone that it was built in.
/// </summary>
internal static class ShippedNetworks
{
    /// <summary>Environment variable with a folder to find networks in, in place of the usual one.</summary>
    public const string FolderVariable = "FOVEA_MODELS";

    private const string FileName = "model.safetensors";

    /// <summary>Names of the networks, such as <c>cifar10/cmt_nano</c>, in order.</summary>
    public static IReadOnlyList<string> Names => Folder() is string folder
        ?
        [
            .. Directory.EnumerateFiles(folder, FileName, SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, Path.GetDirectoryName(file)!).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ]
        : [];

    /// <summary>Path of a checkpoint that is named by its file, which counts first, or as one that ships.</summary>
    /// <param name="checkpoint">Path or name.</param>
    /// <exception cref="FileNotFoundException">There is neither, and the name is like that of a network that ships.</exception>
    public static string Resolve(string checkpoint)
    {
        if (File.Exists(checkpoint) || Directory.Exists(checkpoint))
        {
            return checkpoint;
        }

        IReadOnlyList<string> names = Names;
        return names.Contains(checkpoint)
            ? Path.Combine(Folder()!, checkpoint, FileName)
            : Suggestions.Nearest(checkpoint, names) is string nearest
                ? throw new FileNotFoundException(
                    $"{checkpoint}: there is no such file and no such network. Is {nearest} meant? 'fovea models' lists those that ship.")
                : checkpoint;
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } chosen)
        {
            return Directory.Exists(chosen) ? chosen : null;
        }

        string beside = Path.Combine(AppContext.BaseDirectory, "models");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fovea.slnx")))
            {
                beside = Path.Combine(folder.FullName, "models");
                break;
            }
        }

        return Directory.Exists(beside) ? beside : null;
    }
}
