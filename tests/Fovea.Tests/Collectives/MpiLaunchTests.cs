using Fovea.Collectives;

namespace Fovea.Tests.Collectives;

/// <summary>Launchers told apart by the variables that they set.</summary>
public sealed class MpiLaunchTests
{
    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE=4")]
    [InlineData("PMIX_RANK=0")]
    [InlineData("PMIX_RANK=0 PMI_RANK=0 PMI_SIZE=2")]
    public void Open_MPI_and_PMIx_start_ranks(string environment) => Assert.True(MpiLaunch.IsOpenMpi(Of(environment)));

    [Theory]
    [InlineData("")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=1")]
    [InlineData("PMI_RANK=0 PMI_SIZE=1")]
    public void A_process_by_itself_is_no_rank(string environment) => Assert.False(MpiLaunch.IsOpenMpi(Of(environment)));

    [Theory]
    [InlineData("PMI_RANK=1 PMI_SIZE=2", "PMI_RANK")]
    [InlineData("MPI_LOCALRANKID=0 MPI_LOCALNRANKS=4", "MPI_LOCALRANKID")]
    public void MPICH_is_refused_by_the_variable_that_shows_it(string environment, string named)
    {
        CollectiveException error = Assert.Throws<CollectiveException>(() => MpiLaunch.IsOpenMpi(Of(environment)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=3", 3)]
    [InlineData("PMIX_RANK=2", 2)]
    [InlineData("PMI_RANK=1 PMI_SIZE=2", 1)]
    public void The_launcher_tells_the_rank_before_the_processes_meet(string environment, int rank) =>
        Assert.Equal(rank, MpiLaunch.RankOf(Of(environment)));

    private static Func<string, string?> Of(string environment)
    {
        Dictionary<string, string> variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return variables.GetValueOrDefault;
    }
}
