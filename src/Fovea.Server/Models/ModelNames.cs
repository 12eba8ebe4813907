using System.Text.RegularExpressions;

namespace Fovea.Server;

/// <summary>Names of models in addresses, made of the paths of their files.</summary>
internal static partial class ModelNames
{
    // A run's folder tells more than the name that its best checkpoint has like that of every other run.
    private static readonly string[] _usual = ["model", "best", "last"];

    /// <summary>Takes NAME=PATH apart, or makes a name of a path alone.</summary>
    /// <param name="checkpoint">What was given.</param>
    public static (string Name, string Path) Of(string checkpoint)
    {
        int equals = checkpoint.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && !File.Exists(checkpoint))
        {
            return (Cleaned(checkpoint[..equals]), checkpoint[(equals + 1)..]);
        }

        string stem = Path.GetFileNameWithoutExtension(checkpoint);
        string? folder = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(checkpoint)));
        return (Cleaned(_usual.Contains(stem) && folder is { Length: > 0 } ? folder : stem), checkpoint);
    }

    /// <summary>Name of a file in a folder of models: <c>cifar10/cmt_nano/model.safetensors</c> is <c>cifar10-cmt_nano</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The file.</param>
    public static string In(string folder, string path)
    {
        string relative = Path.GetRelativePath(folder, path);
        string? inner = Path.GetDirectoryName(relative);
        string stem = Path.GetFileNameWithoutExtension(relative);
        return Cleaned(inner is not { Length: > 0 } ? stem : _usual.Contains(stem) ? inner : $"{inner}/{stem}");
    }

    private static string Cleaned(string name) => Foreign().Replace(name, "-");

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex Foreign();
}
