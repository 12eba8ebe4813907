using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Server;

/// <summary>Model and choices that a task needs to answer.</summary>
/// <param name="Name">Name of the model in the address.</param>
/// <param name="Model">The model, which outlives the task's runner.</param>
/// <param name="Admission">Bound on the model's images.</param>
/// <param name="Options">Choices for the server.</param>
/// <param name="Threads">Threads of the network.</param>
/// <param name="Metrics">Figures of the server.</param>
internal sealed record RunnerContext(
    string Name, Model Model, Admission Admission, FoveaServerOptions Options, WorkerPool Threads, ServerMetrics Metrics);

/// <summary>A task that models may do, such as finding objects. A new one is an entry of <see cref="All"/> and a route.</summary>
/// <param name="Verb">Last word of the address, which is the verb of the command line: <c>predict</c>.</param>
/// <param name="Fits">True for models that do it.</param>
/// <param name="Open">Makes a model ready for it.</param>
internal sealed record ServedTask(string Verb, Predicate<Model> Fits, Func<RunnerContext, TaskRunner> Open)
{
    /// <summary>All tasks; of those that a model does, the first is its own.</summary>
    public static IReadOnlyList<ServedTask> All { get; } =
    [
        new(ClassifyRunner.Name, model => model.Network.Head is not (null or DenseHead), context => new ClassifyRunner(context)),
        new(DetectRunner.Name, model => model.Network.Head is DetectorHead, context => new DetectRunner(context)),
        new(SegmentRunner.Name, model => model.Network.Head is SegmenterHead, context => new SegmentRunner(context)),
        new(ExplainRunner.Name, model => model.Network.Head is not null, context => new ExplainRunner(context)),
    ];
}
