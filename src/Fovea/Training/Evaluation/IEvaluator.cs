using Fovea.Models;

namespace Fovea.Training;

/// <summary>Measures a model on samples of its own, after each epoch of training or by itself.</summary>
public interface IEvaluator
{
    /// <summary>Evaluates a model with its parameters as they are now.</summary>
    /// <param name="model">The model.</param>
    /// <param name="progress">Told the number of samples done.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="Data.UnusableDataException">A sample cannot be read, or the samples do not fit the model.</exception>
    EvaluationResult Evaluate(Model model, IProgress<int>? progress = null, CancellationToken cancellation = default);
}
