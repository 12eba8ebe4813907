using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>Layers, token path and methods of a network, read from its graph at the model's own size.</summary>
internal sealed class ExplainedNetwork
{
    private readonly HashSet<string> _affecting;
    private readonly string? _usualMap;

    /// <summary>Reads a network; nothing of its graph is kept.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="scores">Its scores.</param>
    /// <param name="height">Rows of the images.</param>
    /// <param name="width">Columns of the images.</param>
    public ExplainedNetwork(Model model, TargetScores scores, int height, int width)
    {
        Network network = model.Network;
        Task = network.Head switch
        {
            DetectorHead => VisionTask.Detection,
            DenseHead => VisionTask.Segmentation,
            _ => VisionTask.Classification,
        };
        ExplainedGraph graph = new(scores.Build, new PlanKey(1, height, width));
        (string Name, Value Value)[] maps = [.. graph.Maps.Where(map => graph.Affects(map.Value))];
        _affecting = [.. maps.Select(map => map.Name)];

        // The last stage; where a class token has read it before its last block, the last map that the score depends on.
        _usualMap = _affecting.Contains(network.Stages[^1].Name) ? network.Stages[^1].Name : maps.LastOrDefault().Name;
        Layers =
        [
            .. graph.Attentions
                .Select(one => (
                    one.Query.Producer.Index,
                    Layer: new ExplainableLayer(one.Path, one.Tokens.Keys.Height, one.Tokens.Keys.Width, one.Heads, one.Tokens)))
                .Concat(graph.Maps.Select(map => (
                    map.Value.Producer.Index, Layer: new ExplainableLayer(map.Name, map.Value.Shape[1], map.Value.Shape[2]))))
                .OrderBy(one => one.Index)
                .Select(one => one.Layer),
        ];
        Path = IsDense ? null : TokenPath.Find(graph);
        PathStart = Path is null ? null : graph.Attentions[^Path.Attentions.Count].Path;
        ClassAttention = IsDense ? null : Attentions.LastOrDefault(one => one.Tokens!.Queries is { Height: 0 } queries
            && queries.ClassTokens > 1 && queries.ClassTokens == model.Info.Classes.Count);
    }

    /// <summary>Task of the network.</summary>
    public VisionTask Task { get; }

    /// <summary>True for a network that answers at places of the image, and reads no class tokens.</summary>
    public bool IsDense => Task != VisionTask.Classification;

    /// <summary>Attentions and marked maps in the order in which an image passes them.</summary>
    public IReadOnlyList<ExplainableLayer> Layers { get; }

    /// <summary>Names of the maps that scores depend on.</summary>
    public IReadOnlyList<string> Maps => [.. Layers.Select(layer => layer.Name).Where(_affecting.Contains)];

    /// <summary>Way of a class token through the attentions; null where none attends last.</summary>
    public TokenPath? Path { get; }

    /// <summary>Name of the first attention of <see cref="Path"/>.</summary>
    public string? PathStart { get; }

    /// <summary>Attention in which each class has a token of its own; null where there is none.</summary>
    public ExplainableLayer? ClassAttention { get; }

    /// <summary>Methods that apply.</summary>
    public IReadOnlyList<ExplanationMethod> Methods =>
    [
        .. Enum.GetValues<ExplanationMethod>().Where(method => method switch
        {
            ExplanationMethod.Attention => Attentions.Any(),
            ExplanationMethod.Classes => ClassAttention is not null,
            ExplanationMethod.Rollout => Path is not null,
            ExplanationMethod.GradCam or ExplanationMethod.GradCamPlusPlus or ExplanationMethod.LayerCam => _affecting.Count > 0,
            _ => true,
        }),
    ];

    /// <summary>Method where none is chosen.</summary>
    public ExplanationMethod DefaultMethod =>
        IsDense ? ExplanationMethod.LayerCam
        : ClassAttention is not null ? ExplanationMethod.Classes
        : Attentions.LastOrDefault() is ExplainableLayer last && HasTokenOfItsOwn(last) ? ExplanationMethod.Attention
        : ExplanationMethod.GradCam;

    private IEnumerable<ExplainableLayer> Attentions => Layers.Where(layer => layer.IsAttention);

    /// <summary>True if one class token stands for the image: the first, before those of distillation and the like.</summary>
    public bool HasTokenOfItsOwn(ExplainableLayer attention) =>
        !IsDense && attention.Tokens!.Queries is { ClassTokens: 1 } or { ClassTokens: > 0, Height: > 0 };

    /// <summary>Finds an attention.</summary>
    /// <param name="name">Its name; the last that has what is asked for where null.</param>
    /// <param name="ofPoint">True if points of the image attend; false for a class token where there is one.</param>
    /// <exception cref="ExplanationException">There is no such attention.</exception>
    public ExplainableLayer FindAttention(string? name, bool ofPoint = false)
    {
        if (name is not null)
        {
            ExplainableLayer named = Attentions.FirstOrDefault(layer => layer.Name == name)
                ?? throw ExplanationChecks.NoLayer(name, "attention", [.. Attentions.Select(layer => layer.Name)]);
            return ofPoint && named.Tokens!.Queries.Height == 0 ? throw ExplanationChecks.NoPoints(name) : named;
        }

        if (ofPoint || IsDense)
        {
            return Attentions.LastOrDefault(layer => layer.Tokens!.Queries.Height > 0) ?? throw ExplanationChecks.NoPoints(null);
        }

        return Attentions.LastOrDefault(layer => layer.Tokens!.Queries.ClassTokens > 0) ?? Attentions.Last();
    }

    /// <summary>Rows and columns of a marked map.</summary>
    /// <param name="name">Its name.</param>
    public (int Rows, int Columns) SizeOf(string name)
    {
        ExplainableLayer layer = Layers.First(layer => layer.Name == name && !layer.IsAttention);
        return (layer.Height, layer.Width);
    }

    /// <summary>Finds a marked map that scores depend on.</summary>
    /// <param name="name">Its name; the usual one where null.</param>
    /// <exception cref="ExplanationException">There is no such map, or scores do not depend on it.</exception>
    public ExplainableLayer FindMap(string? name)
    {
        ExplainableLayer? named = Layers.FirstOrDefault(layer => layer.Name == (name ?? _usualMap) && !layer.IsAttention);
        return named is not null && _affecting.Contains(named.Name) ? named
            : named is not null ? throw ExplanationChecks.Unread(named.Name, Maps, IsDense)
            : throw ExplanationChecks.NoLayer(name!, "map", Maps);
    }
}
