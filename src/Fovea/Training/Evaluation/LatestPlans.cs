using Fovea.Models;

namespace Fovea.Training;

/// <summary>Plans of the model that was asked for last, as evaluations after each epoch ask for the same one.</summary>
/// <typeparam name="TPlans">Kind of plans.</typeparam>
/// <param name="make">Makes plans for a model.</param>
internal sealed class LatestPlans<TPlans>(Func<Model, TPlans> make) : IDisposable
    where TPlans : class, IDisposable
{
    private Model? _model;
    private TPlans? _plans;

    /// <summary>Plans of a model, with its parameters as they are now.</summary>
    /// <param name="model">The model.</param>
    public TPlans For(Model model)
    {
        if (_plans is null || _model != model)
        {
            _plans?.Dispose();
            (_plans, _model) = (make(model), model);
        }
        else
        {
            model.Refresh();
        }

        return _plans;
    }

    /// <summary>Frees the plans.</summary>
    public void Dispose() => _plans?.Dispose();
}
