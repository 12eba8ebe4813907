using System.Numerics.Tensors;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;
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

        string message = Assert.Throws<ArgumentException>(() => classifier.Predict(new float[9], probabilities)).Message;
        Assert.Contains("32×32×3 = 3072 floats, but 9", message, StringComparison.Ordinal);
        message = Assert.Throws<ArgumentException>(() => classifier.Predict(prepared, new float[2])).Message;
        Assert.Contains("1 × 3 probabilities, but room for 2", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_holds_no_image_is_refused_and_a_later_one_is_served()
    {
        using Classifier classifier = Classifier.Load(_checkpoint.Path);
        using MemoryStream text = new("no image"u8.ToArray());
        await Assert.ThrowsAsync<InvalidImageException>(() => classifier.PredictAsync(text));
        using MemoryStream image = new(PngEncoder.Encode(FreshCheckpoint.Image(1)));
        Assert.Equal(2, (await classifier.PredictAsync(image, count: 2)).Count);
        CancellationToken cancelled = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => classifier.PredictAsync(image, cancellation: cancelled));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(3)]
    [InlineData(1)]
    public async Task Several_images_get_the_answers_that_they_get_one_by_one(int batchSize)
    {
        Image[] images = [.. Enumerable.Range(0, 7).Select(FreshCheckpoint.Image)];
        using Classifier classifier = Classifier.Load(_checkpoint.Path, batchSize);
        IReadOnlyList<IReadOnlyList<Prediction>> together = classifier.Predict(images);
        Assert.Equal(together, await classifier.PredictAsync(images));
        Assert.Equal(images.Length, together.Count);
        for (int i = 0; i < images.Length; i++)
        {
            IReadOnlyList<Prediction> alone = classifier.Predict(images[i]);
            Assert.Equal(alone.Select(prediction => prediction.Class), together[i].Select(prediction => prediction.Class));
            Assert.All(alone.Zip(together[i]), pair => Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-5f));
        }

        Assert.Empty(classifier.Predict(Array.Empty<Image>()));
        CancellationToken cancelled = new(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => classifier.Predict(images, cancellation: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => classifier.PredictAsync(images[0], cancellation: cancelled));
    }

    [Fact]
    public void A_batch_after_loading_reads_weights_again_unless_the_file_was_changed_meanwhile()
    {
        Image[] images = [.. Enumerable.Range(0, 4).Select(FreshCheckpoint.Image)];
        using Classifier before = Classifier.Load(_checkpoint.Path);
        using Model model = Checkpoint.Load(_checkpoint.Path);
        using Classifier kept = new(model);
        Assert.Equal(kept.Predict(images), before.Predict(images));

        using Classifier after = Classifier.Load(_checkpoint.Path);
        File.Delete(_checkpoint.Path);
        Assert.Equal(kept.Predict(images[0]), after.Predict(images[0]));
        Assert.Equal(kept.Predict(images), before.Predict(images));
        string message = Assert.Throws<InvalidFileException>(() => after.Predict(images)).Message;
        Assert.Contains("changed since the model was loaded", message, StringComparison.Ordinal);
        Assert.Equal(kept.Predict(images[0]), after.Predict(images[0]));
    }

    [Fact]
    public async Task A_classifier_of_a_model_follows_its_weights_and_ends_before_it()
    {
        // Load a checkpoint of PyTorch and classify without a file between; here it holds the same weights.
        string path = _checkpoint.Path + ".pth";
        using (CheckpointImport import = CheckpointImport.Open(_checkpoint.Path))
        {
            import.SavePyTorch(path, Fovea.Models.Keys.KeySchemes.Official);
        }

        using Model model = Checkpoint.Load(
            path, new ImportOptions(Model: "cmt_nano", Size: (32, 32), Labels: ["apple", "bread", "cloud"]));
        using Classifier classifier = new(model, concurrency: 2);
        using Classifier loaded = Classifier.Load(_checkpoint.Path);
        float[] prepared = _checkpoint.Prepared(1);
        float[] probabilities = new float[3];
        float[] expected = new float[3];
        classifier.Predict(prepared, probabilities);
        loaded.Predict(prepared, expected);
        Assert.Equal(expected, probabilities);

        model.Parameters.Initialize(seed: 4);
        model.Refresh();
        classifier.Predict(prepared, probabilities);
        Assert.NotEqual(expected, probabilities);

        classifier.Dispose();
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(FreshCheckpoint.Image(1)));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict([FreshCheckpoint.Image(1)]));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(prepared, probabilities));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.PredictAsync(Stream.Null));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.PredictAsync(FreshCheckpoint.Image(1)));
        Assert.Equal([1, 3], model.Run(Tensor.Create(prepared, [1, 32, 32, 3])).Lengths.ToArray());
    }

    [Fact]
    public void A_model_without_a_head_is_refused()
    {
        using Model model = Model.Create("cmt_nano", new ModelOptions(Classes: 0));
        ArgumentException error = Assert.Throws<ArgumentException>(() => new Classifier(model));
        Assert.Contains("FeatureExtractor", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_created_and_runs_a_tensor_in_a_few_lines()
    {
        using Model model = Model.Create("cmt_nano", seed: 1);
        Tensor<float> images = Tensor.Create(new float[2 * 32 * 32 * 3], [2, 32, 32, 3]);
        Tensor<float> logits = model.Run(images);
        Assert.Equal([2, model.Network.Classes], logits.Lengths.ToArray());
    }
}
