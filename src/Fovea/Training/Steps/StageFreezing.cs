using Fovea.Models;

namespace Fovea.Training;

/// <summary>Freezing of the first stages of a network, and of its batch normalisations.</summary>
public static class StageFreezing
{
    /// <summary>
    /// Freezes the stem and the first stages, as <see cref="Model.Freeze"/> does: all weights that the map of the last of these stages
    /// depends on.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="stages">Number of stages; 0 for none.</param>
    /// <returns>Number of weights that are frozen.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The network has fewer stages.</exception>
    public static int FreezeStages(this Model model, int stages)
    {
        ArgumentNullException.ThrowIfNull(model);
        IReadOnlyList<StageDescription> all = model.Network.Stages;
        if (stages < 0 || stages > all.Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(stages), stages, $"{model.Info.Name} has {all.Count} stages: {string.Join(", ", all.Select(stage => stage.Name))}.");
        }

        if (stages == 0)
        {
            return 0;
        }

        HashSet<Node> visited = [];
        HashSet<string> keys = [];
        Stack<Value> open = new([InferenceGraph.Build(model.Network, 1).Marks[all[stages - 1].Name]]);
        while (open.TryPop(out Value? value))
        {
            if (visited.Add(value.Producer))
            {
                if (value.Producer.Operation is ReadVariable read)
                {
                    keys.Add(read.Variable.Name);
                }

                foreach (Value input in value.Producer.Inputs)
                {
                    open.Push(input);
                }
            }
        }

        return model.Freeze(keys.Contains);
    }

    /// <summary>
    /// Freezes all batch normalisations, as <see cref="Model.Freeze"/> does: for batches of too few images to have statistics of their own.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <returns>Number of weights that are frozen.</returns>
    public static int FreezeBatchNorm(this Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        const string statistic = "running_mean";
        HashSet<string> layers =
        [
            .. model.Parameters.Tensors.Keys
                .Where(key => key.EndsWith(statistic, StringComparison.Ordinal)).Select(key => key[..^statistic.Length]),
        ];
        return model.Freeze(key => layers.Contains(key[..(key.LastIndexOf('.') + 1)]));
    }
}
