using Fovea.Checkpoints;
using Fovea.Engine.Execution;
using Fovea.Engine.Memory;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Tasks;

/// <summary>
/// Memory of plans that share weights, by counting the blocks that are taken; they count for the whole process, so no other test runs.
/// </summary>
[Collection("Alone")]
public sealed class ClassifierMemoryTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Four_plans_take_at_most_half_more_than_one(bool fromFile)
    {
        string path = _folder.File("model.safetensors");
        long weights;
        using (Model model = Model.Create("cmt_s", seed: 1))
        {
            Checkpoint.Save(path, model);
            weights = model.Parameters.Weights.Bytes;
        }

        using WorkerPool pool = new(1);
        long one = Taken(1);
        long four = Taken(4);
        output.WriteLine($"one {one / 1e6:f1} MB, four {four / 1e6:f1} MB, {(double)four / one:f3} times as much");
        output.WriteLine($"weights {weights / 1e6:f1} MB");
        Assert.InRange(one, weights, 3 * weights);

        // Half of what is beside the weights themselves, as those of a file are placed but not touched.
        Assert.InRange(four - one, 1, (one - weights) / 2);

        long Taken(int plans)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            long before = TakenMemory.Bytes;
            using Model? model = fromFile ? null : Checkpoint.Load(path);
            using Classifier classifier = model is null
                ? Classifier.Load(path, pool: pool, concurrency: plans)
                : new Classifier(model, pool: pool, concurrency: plans);
            PlanKey key = new(1, classifier.Info.Preprocessing.Height, classifier.Info.Preprocessing.Width);
            List<PlanCache.Lease> leases = [.. Enumerable.Range(0, plans).Select(_ => classifier.Plans.Rent(key))];
            leases.ForEach(lease => lease.Plan.Run());
            leases.ForEach(lease => lease.Dispose());
            Assert.Equal(plans, classifier.Plans.IdlePlans);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            long taken = TakenMemory.Bytes - before;
            output.WriteLine($"{plans} plans: {taken / 1e6:f1} MB, of it working memory {classifier.Plans.IdleBytes / 1e6:f1} MB");
            return taken;
        }
    }

    [Fact]
    public void Plans_of_several_batches_and_sizes_add_little_to_the_packed_weights()
    {
        using Model model = Model.Create("cmt_ti", seed: 1);
        foreach ((int batch, int side) in ((int, int)[])[(1, 160), (4, 160), (2, 192)])
        {
            model.Run(System.Numerics.Tensors.Tensor.Create(new float[batch * side * side * 3], [batch, side, side, 3]));
            output.WriteLine($"{batch} x {side}: packed {model.Compiler.Packed.Bytes / 1e6:f1} MB");
        }

        Assert.InRange(model.Compiler.Packed.Bytes, 1, 2 * model.Parameters.Weights.Bytes);
    }
}
