namespace Fovea.Engine.Execution;

/// <summary>
/// A job for a <see cref="WorkerPool"/>. It has one or more phases, which follow each other; a phase consists of parts that do not depend
/// on each other, and whose number depends on shapes alone, never on the number of threads.
/// </summary>
internal abstract class ParallelJob
{
    /// <summary>The number of phases.</summary>
    public virtual int Phases => 1;

    /// <summary>The number of independent parts of a phase.</summary>
    public abstract int Parts(int phase);

    /// <summary>Computes the parts from first up to but without last.</summary>
    public abstract void Run(int phase, int first, int last, int worker);
}
