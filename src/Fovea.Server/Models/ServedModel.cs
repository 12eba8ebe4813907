using Fovea.Models;

namespace Fovea.Server;

/// <summary>
/// A model made ready to answer, with what its tasks need. Requests hold it while they are answered: one that was replaced frees its
/// memory when the last of them is done.
/// </summary>
internal sealed class ServedModel
{
    private readonly Model _model;
    private readonly Lock _gate = new();
    private int _holders = 1;

    /// <summary>Makes a model ready; it belongs to this from then on.</summary>
    /// <param name="name">Name in the address.</param>
    /// <param name="model">The model.</param>
    /// <param name="admission">Bound on its images.</param>
    /// <param name="runners">What answers its tasks.</param>
    public ServedModel(string name, Model model, Admission admission, IReadOnlyList<TaskRunner> runners) =>
        (Name, _model, Admission, Runners) = (name, model, admission, runners);

    /// <summary>Name in the address.</summary>
    public string Name { get; }

    /// <summary>Description of the model.</summary>
    public ModelInfo Info => _model.Info;

    /// <summary>Bound on images that are in the server for this model.</summary>
    public Admission Admission { get; }

    /// <summary>Tasks that the model does, the first its own.</summary>
    public IReadOnlyList<TaskRunner> Runners { get; }

    /// <summary>Holds the model; false if it was given up meanwhile.</summary>
    public bool TryHold()
    {
        lock (_gate)
        {
            if (_holders == 0)
            {
                return false;
            }

            _holders++;
            return true;
        }
    }

    /// <summary>Gives a hold back; the last one frees the memory.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_holders > 0)
            {
                return;
            }
        }

        foreach (TaskRunner runner in Runners)
        {
            runner.Dispose();
        }

        _model.Dispose();
    }
}
