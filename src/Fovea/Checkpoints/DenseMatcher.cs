using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>
/// Finds the dense models, <c>HEAD:BACKBONE</c>, whose weights a dictionary of tensors may be: first the head by its names, then the
/// backbone by the others, so that not every head has to be tried on every backbone.
/// </summary>
internal sealed class DenseMatcher
{
    // A backbone with the usual four stages, on which every head has all its names.
    private const string UsualBackbone = "resnet50";
    private const int MaxBackbones = 6;

    private readonly ModelOptions _options;
    private readonly Lazy<(string Name, ModelSignature Signature)[]> _heads;

    /// <summary>Makes a matcher.</summary>
    /// <param name="options">Options of heads; the published ones where null.</param>
    public DenseMatcher(ModelOptions? options)
    {
        _options = options ?? new ModelOptions();
        _heads = new(() => [.. ModelRegistry.Heads.Select(head => (head, SignatureOf(head, UsualBackbone)))]);
    }

    /// <summary>Dense models that share many names with a dictionary; none where it has no dense head.</summary>
    /// <param name="tensors">Tensors of the dictionary by name.</param>
    /// <param name="backbones">Models whose backbones come into question.</param>
    public IReadOnlyList<ModelSignature> Like(IReadOnlyDictionary<string, TensorInfo> tensors, IReadOnlyList<ModelSignature> backbones)
    {
        List<ModelSignature> alike = [];
        foreach ((string head, ModelSignature usual) in _heads.Value)
        {
            IReadOnlyList<string> keys = usual.Network.HeadKeys;
            int most = usual.SchemesOfFiles.Max(scheme => Count(scheme, keys));
            if (2 * most > keys.Count)
            {
                // Several schemes may name a head alike and backbones differently.
                KeyScheme[] schemes = [.. usual.SchemesOfFiles.Where(scheme => Count(scheme, keys) == most)];
                IEnumerable<ModelSignature> likeliest = backbones
                    .OrderByDescending(backbone => schemes.Max(scheme => Count(scheme, backbone.Tensors.Keys)))
                    .ThenBy(backbone => backbone.Tensors.Count)
                    .Take(MaxBackbones);
                alike.AddRange(likeliest.Select(backbone => SignatureOf(head, backbone.Model)));
            }
        }

        return alike;

        int Count(KeyScheme scheme, IEnumerable<string> names) =>
            names.Count(name => scheme.NameOf(name) is string other && tensors.ContainsKey(other));
    }

    /// <summary>
    /// Leaves out dense models that are the same network as an earlier one, such as backbones that differ in their pooling alone.
    /// </summary>
    /// <param name="matches">Models that a dictionary fits alike.</param>
    public static IReadOnlyList<CheckpointMatch> Distinct(IReadOnlyList<CheckpointMatch> matches) =>
        matches.Count > 1 && matches.All(match => match.Outline.Network.Head is DenseHead)
            ? [.. matches.DistinctBy(match => GraphOf(match.Outline.Network))]
            : matches;

    private ModelSignature SignatureOf(string head, string backbone) => new(ModelRegistry.WithHead(head, backbone), _options);

    private static string GraphOf(Network network)
    {
        using ParameterStore parameters = ParameterStore.Describe(network);
        return InferenceGraph.Build(network, 1).ToText();
    }
}
