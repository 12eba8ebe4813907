using Fovea.Engine.Execution;

namespace Fovea.Models;

/// <summary>Plan of a <see cref="PlanCache"/>.</summary>
/// <param name="key">Key of the plan.</param>
/// <param name="plan">The plan.</param>
/// <param name="threads">Threads that the plan runs on.</param>
internal sealed class CachedPlan(PlanKey key, Plan plan, WorkerPool threads)
{
    /// <summary>Key of the plan.</summary>
    public PlanKey Key => key;

    /// <summary>The plan.</summary>
    public Plan Plan => plan;

    /// <summary>Threads that the plan runs on.</summary>
    public WorkerPool Threads => threads;

    /// <summary>Number of times that the plan was returned, by which a lease tells its own turn.</summary>
    public int Turn { get; set; }
}
