namespace Fovea.Compare;

/// <summary>Paths in the clone that the program was built in.</summary>
internal static class Repository
{
    /// <summary>The clone's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path inside the clone.</summary>
    /// <param name="parts">Folders and file below the root.</param>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A script that runs a peer.</summary>
    /// <param name="name">Its file name.</param>
    public static string PeerScript(string name) => At("bench", "Fovea.Compare", "Peers", name);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fovea.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException(
            $"{AppContext.BaseDirectory} does not lie in a clone of Fovea: no folder above it holds Fovea.slnx.");
    }
}
