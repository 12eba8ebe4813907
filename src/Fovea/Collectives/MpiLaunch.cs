using System.Globalization;

namespace Fovea.Collectives;

/// <summary>Launcher that started this process, by its environment.</summary>
internal static class MpiLaunch
{
    private static readonly string[] _openMpi = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK"];
    private static readonly string[] _mpich = ["PMI_RANK", "MPI_LOCALRANKID"];
    private static readonly string[] _ranks = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MPI_LOCALRANKID"];

    /// <summary>True if Open MPI started this process, by its own launcher or by another one that speaks PMIx.</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <exception cref="CollectiveException">Another MPI, or a launcher set up for one, started it.</exception>
    public static bool IsOpenMpi(Func<string, string?> variable)
    {
        if (Array.Exists(_openMpi, name => variable(name) is not null))
        {
            return true;
        }

        string? other = Array.Find(_mpich, name => variable(name) is not null);
        return other is null || !IsSeveral(variable)
            ? false
            : throw new CollectiveException(
                $"MPICH's launcher, or one set up for it, started this process ({other} is set), and Fovea works with Open MPI: start it "
                    + "by Open MPI's mpirun, or in Slurm by srun with its plug-in pmix.");
    }

    /// <summary>Number of this process among those that were started together, whichever MPI did it; 0 for one by itself.</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    public static int RankOf(Func<string, string?> variable)
    {
        string? text = _ranks.Select(variable).FirstOrDefault(value => value is not null);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int rank) ? rank : 0;
    }

    private static bool IsSeveral(Func<string, string?> variable) =>
        int.TryParse(variable("PMI_SIZE") ?? variable("MPI_LOCALNRANKS"), NumberStyles.None, CultureInfo.InvariantCulture, out int size)
        && size > 1;
}
