using System.Collections.Concurrent;

namespace Fovea.Server;

/// <summary>The models of a server by name. One is replaced while requests are answered, and none of them notices.</summary>
internal sealed class ModelSet : IDisposable
{
    private readonly ConcurrentDictionary<string, ServedModel> _models = new(StringComparer.Ordinal);

    /// <summary>Names of the models, in order.</summary>
    public IReadOnlyList<string> Names => [.. _models.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Models at this moment, by name; for figures, not to be asked.</summary>
    public IEnumerable<ServedModel> Current => _models.Values;

    /// <summary>Holds a model; null if there is none of the name. Whoever got it releases it.</summary>
    /// <param name="name">The name.</param>
    public ServedModel? Hold(string name)
    {
        while (_models.TryGetValue(name, out ServedModel? model))
        {
            // One that was replaced between the look and the hold has a successor, or is gone.
            if (model.TryHold())
            {
                return model;
            }
        }

        return null;
    }

    /// <summary>Puts a model in place of that of its name.</summary>
    /// <param name="model">The model, which belongs to the set from then on.</param>
    public void Put(ServedModel model)
    {
        ServedModel? before = null;
        _models.AddOrUpdate(
            model.Name,
            _ => model,
            (_, old) =>
            {
                before = old;
                return model;
            });
        before?.Release();
    }

    /// <summary>Takes a model out.</summary>
    /// <param name="name">The name.</param>
    public void Remove(string name)
    {
        if (_models.TryRemove(name, out ServedModel? model))
        {
            model.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string name in _models.Keys)
        {
            Remove(name);
        }
    }
}
