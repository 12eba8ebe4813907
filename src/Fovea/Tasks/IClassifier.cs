using Fovea.Data;

namespace Fovea.Tasks;

/// <summary>
/// Images in, classes out: the part of <see cref="Classifier"/> that an application calls, for dependency injection and for stand-ins in
/// tests.
/// </summary>
public interface IClassifier
{
    /// <summary>Predicts the most probable classes of an image, most probable first.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="count">Number of classes to give at most.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    IReadOnlyList<Prediction> Predict(Image image, int count = 5, CancellationToken cancellation = default);

    /// <summary>Predicts the most probable classes of several images.</summary>
    /// <param name="images">Images of any sizes.</param>
    /// <param name="count">Number of classes to give at most for each image.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two batches.</param>
    /// <returns>Classes of each image, most probable first.</returns>
    IReadOnlyList<IReadOnlyList<Prediction>> Predict(IReadOnlyList<Image> images, int count = 5, CancellationToken cancellation = default);

    /// <summary>Predicts the most probable classes of an image without holding a thread while other callers are served.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="count">Number of classes to give at most.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    Task<IReadOnlyList<Prediction>> PredictAsync(Image image, int count = 5, CancellationToken cancellation = default);

    /// <summary>
    /// Predicts the most probable classes of an encoded image without holding a thread while it arrives or other callers are served.
    /// </summary>
    /// <param name="image">An encoded image, read to its end and left open.</param>
    /// <param name="count">Number of classes to give at most.</param>
    /// <param name="cancellation">Gives up reading and waiting.</param>
    Task<IReadOnlyList<Prediction>> PredictAsync(Stream image, int count = 5, CancellationToken cancellation = default);

    /// <summary>Predicts the most probable classes of several images without holding a thread while other callers are served.</summary>
    /// <param name="images">Images of any sizes.</param>
    /// <param name="count">Number of classes to give at most for each image.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two batches.</param>
    /// <returns>Classes of each image, most probable first.</returns>
    Task<IReadOnlyList<IReadOnlyList<Prediction>>> PredictAsync(
        IReadOnlyList<Image> images, int count = 5, CancellationToken cancellation = default);
}
