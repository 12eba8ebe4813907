using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// Measures of how far maps tell what a network looks at: deletion and insertion (Petsiuk, Das and Saenko 2018), the sanity check of
/// randomised weights (Adebayo and others 2018), sparsity (Hurley and Rickard 2009).
/// </summary>
public static class Faithfulness
{
    private const int MostImagesInRun = 16;

    /// <summary>
    /// Measures methods on images, each for the class that the network predicts, and beside them the orders of pixels that knowing nothing
    /// would give: at random, and from the centre outwards. The same bits for any number of threads.
    /// </summary>
    /// <param name="explainer">Explainer of a classifier.</param>
    /// <param name="dataset">The images; their classes do not matter.</param>
    /// <param name="options">Methods, number of images, steps, blur, seed; the usual where null.</param>
    /// <param name="pool">Threads beside those of the explainer; the shared pool where null.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <returns>A row for each method in their order, then <c>centre</c> and <c>random</c>.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or the model does not classify images.</exception>
    /// <exception cref="ExplanationException">A method does not apply to the network.</exception>
    /// <exception cref="UnusableDataException">
    /// There is no image, more cannot be read than <see cref="FaithfulnessOptions.MaxUnreadable"/> allows, or one does not fit the
    /// preprocessing.
    /// </exception>
    public static IReadOnlyList<MethodFaithfulness> Measure(
        Explainer explainer,
        IImageDataset dataset,
        FaithfulnessOptions? options = null,
        WorkerPool? pool = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(explainer);
        ArgumentNullException.ThrowIfNull(dataset);
        options ??= new FaithfulnessOptions();
        options.Validate();
        if (dataset.Count == 0)
        {
            throw new UnusableDataException("There is no image to measure explanations on: give a set with at least one.");
        }

        Model model = explainer.Model;
        if (model.Network.Head is DenseHead)
        {
            throw new ArgumentException($"{model.Info.Name} does not classify images: only classifiers are measured.", nameof(explainer));
        }

        using Model? random = ModelRegistry.Contains(model.Info.Name)
            ? Model.From(model.Info.CreateNetwork(), model.Info, options.Seed + 1)
            : null;
        using Explainer? randomized = random is null ? null : new Explainer(random, pool);
        ExplanationOptions[] methods = options.Methods.Count > 0
            ? [.. options.Methods.Select(one => one with { Method = one.Method ?? explainer.DefaultMethod })]
            : [new ExplanationOptions { Method = explainer.DefaultMethod }];
        FaithfulnessSums[] sums = [.. methods.Select(one => new FaithfulnessSums(one.Method!.Value.Name(), options.Steps))];
        FaithfulnessSums centre = new(MethodFaithfulness.Centre, options.Steps);
        FaithfulnessSums chance = new(MethodFaithfulness.Random, options.Steps);
        Preprocessing preprocessing = model.Info.Preprocessing;
        (int height, int width) = (preprocessing.Height, preprocessing.Width);
        using ClassProbabilities probabilities = new(model, MostImagesInRun, pool);
        PixelCurves curves = new(height * width, preprocessing.Channels, options.Steps, probabilities.Score);
        double radius = options.BlurRadius ?? Math.Min(height, width) / 10.0;
        int count = Math.Min(options.Images, dataset.Count);
        UnreadableImages unreadable = new(options.MaxUnreadable ?? UnreadableImages.UsualLimit(count), options.Unreadable);
        for (int i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            int index = (int)((long)i * dataset.Count / count);
            Image image;
            try
            {
                image = dataset.Load(index);
            }
            catch (InvalidImageException error)
            {
                unreadable.Add(index, dataset.NameOf(index), error);
                continue;
            }

            ImageVersions versions = new(preprocessing, image, radius);
            int label = probabilities.Predict(versions.Whole);
            for (int k = 0; k < methods.Length; k++)
            {
                ExplanationOptions asked = methods[k].Method == ExplanationMethod.Attention
                    ? methods[k]
                    : methods[k] with { Classes = [model.Info.Classes[label]] };
                Explanation map = explainer.Explain(image, asked, cancellation)[0];
                AddCurves(sums[k], versions, PixelOrder.ByMap(map.Values.Span, map.Width, width, height), label);
                sums[k].Add(map.Values.Span, randomized?.Explain(image, asked, cancellation)[0]);
            }

            AddCurves(centre, versions, PixelOrder.FromCentre(width, height), label);
            AddCurves(chance, versions, PixelOrder.AtRandom(height * width, options.Seed, index), label);
            progress?.Report(i + 1);
        }

        return unreadable.Images.Count == count
            ? throw new UnusableDataException($"None of the images can be read. The first problem: {unreadable.Images[0].Problem}")
            : [.. sums.Append(centre).Append(chance).Select(one => one.ToResult())];

        void AddCurves(FaithfulnessSums row, ImageVersions versions, int[] order, int label) => row.Add(
            curves.Of(versions.Whole, versions.Blank, order, label), curves.Of(versions.Blurred, versions.Whole, order, label));
    }
}
