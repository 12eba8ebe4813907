using System.Runtime.CompilerServices;

namespace Fovea.Engine.Tests.Compile;

/// <summary>
/// Texts that are compared with files under <c>Compile/Snapshots</c>, to the letter. With the environment variable
/// <c>FOVEA_WRITE_SNAPSHOTS=1</c> the files are written instead: look at their differences before they are committed.
/// </summary>
internal static class Snapshot
{
    /// <summary>Fails where a text differs from its file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The file's name without its ending; the test's name where none is given.</param>
    public static void Matches(string text, [CallerMemberName] string name = "")
    {
        string path = Path.Combine(Folder, $"{name}.txt");
        if (Environment.GetEnvironmentVariable("FOVEA_WRITE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"There is no {path}: run the test once with FOVEA_WRITE_SNAPSHOTS=1.");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), text);
    }

    private static string Folder
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fovea.slnx")))
            {
                folder = folder.Parent;
            }

            Assert.NotNull(folder);
            return Path.Combine(folder.FullName, "tests", "Fovea.Engine.Tests", "Compile", "Snapshots");
        }
    }
}
