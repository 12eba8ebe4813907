namespace Fovea.Models;

/// <summary>All models by name. A new family adds its variants here.</summary>
public static class ModelRegistry
{
    private static readonly OrderedDictionary<string, Func<ModelOptions, Network>> _models = Register();

    /// <summary>The names of all models.</summary>
    public static IReadOnlyList<string> Names => [.. _models.Keys];

    /// <summary>Makes a model without weights.</summary>
    /// <exception cref="ArgumentException">There is no such model; the message names those that are alike.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the given size.</exception>
    public static Network Create(string name, ModelOptions? options = null) =>
        _models.TryGetValue(name, out Func<ModelOptions, Network>? create)
            ? create(options ?? new ModelOptions())
            : throw new ArgumentException($"There is no model '{name}'. The nearest names are {string.Join(", ", Nearest(name))}.", nameof(name));

    /// <summary>The names of models that are spelt most like a given one, the nearest first.</summary>
    public static IReadOnlyList<string> Nearest(string name, int count = 3) => [.. _models.Keys.OrderBy(known => Edits(name, known)).Take(count)];

    /// <summary>How many letters must be put in, left out or changed to make one word of the other (Levenshtein's distance); case does not matter.</summary>
    private static int Edits(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 0; i < from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < to.Length; j++)
            {
                int change = diagonal + (char.ToLowerInvariant(from[i]) == char.ToLowerInvariant(to[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(change, Math.Min(row[j], row[j + 1]) + 1);
            }
        }

        return row[^1];
    }

    private static OrderedDictionary<string, Func<ModelOptions, Network>> Register()
    {
        OrderedDictionary<string, Func<ModelOptions, Network>> models = [];
        Add(Cmt.Variants, config => new Cmt(config));
        Add(PatchConvNet.Variants, config => new PatchConvNet(config));
        Add(Pit.Variants, config => new Pit(config));
        Add(PitArticle.Variants, config => new PitArticle(config));
        Add(CrossFormer.Variants, config => new CrossFormer(config));
        Add(BotNet.Variants, config => new ResNet(config));
        Add(ResNet.Variants, config => new ResNet(config));
        return models;

        void Add<T>(IReadOnlyDictionary<string, T> variants, Func<T, Network> make)
            where T : NetworkConfig
        {
            foreach ((string name, T config) in variants)
            {
                models.Add(name, options => make((T)config.With(options)));
            }
        }
    }
}
