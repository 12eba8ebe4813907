using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Tasks;

namespace Fovea.Tests.Tasks;

public sealed class ClassifierTests : IDisposable
{
    private const int Images = 12;
    private readonly FreshCheckpoint _checkpoint = new();

    public void Dispose() => _checkpoint.Dispose();

    [Fact]
    public async Task Many_threads_get_the_bits_that_one_gets_whatever_the_number_of_plans()
    {
        using WorkerPool single = new(1);
        using Classifier alone = Classifier.Load(_checkpoint.Path, pool: single);
        Prediction[][] expected = [.. Enumerable.Range(0, Images).Select(i => alone.Predict(FreshCheckpoint.Image(i)).ToArray())];
        Assert.NotEqual(expected[0], expected[1]);
        foreach ((int concurrency, WorkerPool? pool) in ((int, WorkerPool?)[])[(1, null), (2, null), (5, null), (3, single)])
        {
            using Classifier shared = Classifier.Load(_checkpoint.Path, pool: pool, concurrency: concurrency);
            Prediction[][] actual = await Task.WhenAll(Enumerable.Range(0, Images).Select(i => Task.Run(async () =>
            {
                using MemoryStream stream = new(PngEncoder.Encode(FreshCheckpoint.Image(i)));
                IReadOnlyList<Prediction> predictions = (i % 3) switch
                {
                    0 => shared.Predict(FreshCheckpoint.Image(i)),
                    1 => shared.Predict(stream),
                    _ => await shared.PredictAsync(stream),
                };
                return predictions.ToArray();
            })));
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void A_prepared_image_fills_the_callers_span_without_allocating()
    {
        using WorkerPool single = new(1);
        using Classifier classifier = Classifier.Load(_checkpoint.Path, pool: single);
        float[] prepared = _checkpoint.Prepared(1);
        float[] probabilities = new float[3];
        classifier.Predict(prepared, probabilities);
        long before = GC.GetAllocatedBytesForCurrentThread();
        classifier.Predict(prepared, probabilities);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(classifier.Predict(FreshCheckpoint.Image(1)).Select(p => p.Probability).Order(), probabilities.Order());

        Assert.Contains("32×32×3 = 3072 floats, but 9", Assert.Throws<ArgumentException>(() => classifier.Predict(new float[9], probabilities)).Message, StringComparison.Ordinal);
        Assert.Contains("3 classes, but room for 2", Assert.Throws<ArgumentException>(() => classifier.Predict(prepared, new float[2])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_holds_no_image_is_refused_and_a_later_one_is_served()
    {
        using Classifier classifier = Classifier.Load(_checkpoint.Path);
        using MemoryStream text = new("no image"u8.ToArray());
        await Assert.ThrowsAsync<InvalidImageException>(() => classifier.PredictAsync(text));
        using MemoryStream image = new(PngEncoder.Encode(FreshCheckpoint.Image(1)));
        Assert.Equal(2, (await classifier.PredictAsync(image, count: 2)).Count);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => classifier.PredictAsync(image, cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_pool_makes_plans_up_to_its_limit_waits_then_and_frees_them_when_all_are_back()
    {
        List<Made> made = [];
        PlanPool<Made> pool = new(2, threads: null, threads => new Made(threads, made));
        PlanPool<Made>.Lease one = pool.Rent(default);
        PlanPool<Made>.Lease two = pool.Rent(default);
        Assert.Equal(made, [one.Plan, two.Plan]);
        Assert.NotSame(one.Plan.Threads, two.Plan.Threads);
        Assert.Throws<OperationCanceledException>(() => pool.Rent(new CancellationToken(canceled: true)));
        Task<PlanPool<Made>.Lease> third = pool.RentAsync(default);
        Assert.False(third.IsCompleted);
        one.Dispose();
        Assert.Same(one.Plan, (await third).Plan);

        Task closing = Task.Run(pool.Dispose);
        two.Dispose();
        Assert.False(closing.IsCompleted);
        (await third).Dispose();
        await closing;
        Assert.All(made, plan => Assert.True(plan.Freed));
        Assert.Throws<ObjectDisposedException>(() => pool.Rent(default));
    }

    private sealed class Made : IDisposable
    {
        public Made(WorkerPool threads, List<Made> made)
        {
            Threads = threads;
            made.Add(this);
        }

        public WorkerPool Threads { get; }

        public bool Freed { get; private set; }

        public void Dispose() => Freed = true;
    }
}
