namespace Fovea.Models;

/// <summary>
/// Models by name. Families of others are added with <see cref="Add(string, Func{ModelOptions, Network})"/> and are then trained, saved,
/// loaded, exported and listed like those of the library. A dense head on a backbone is named <c>HEAD:BACKBONE</c>, such as
/// <c>mask_rcnn:cmt_s</c>: each of <see cref="Heads"/> goes with each of <see cref="Names"/>. Any number of threads may use the registry at
/// the same time.
/// </summary>
public static class ModelRegistry
{
    // Sign between the names of a dense head and its backbone.
    private const char Colon = ':';

    // Networks for images of some 32 pixels get smaller ones in dense tasks, too.
    private const int LargeImages = 128;
    private const int SmallDenseSide = 256;

    // Backbone of the published detectors, which completes a head that is named alone.
    private const string UsualBackbone = "resnet50";

    private static readonly Lock _changing = new();
    private static readonly OrderedDictionary<string, Func<ModelOptions, Network>> _models = [];
    private static readonly OrderedDictionary<string, DenseEntry> _heads = [];
    private static readonly HashSet<string> _ablations = [];

    /// <summary>Names that models had up to version 0.1.0, which files and scripts still hold.</summary>
    private static readonly Dictionary<string, string> _oldNames = new()
    {
        ["cmt_ti_article"] = "cmt_ti_flyegle",
        ["cmt_xs_article"] = "cmt_xs_flyegle",
        ["cmt_s_article"] = "cmt_s_flyegle",
        ["cmt_b_article"] = "cmt_b_flyegle",
        ["pit_article"] = "pit_lucidrains",
        ["botnet50_article"] = "botnet50_leaderj1001",
    };

    static ModelRegistry()
    {
        Add(Cmt.Variants, config => new Cmt(config));
        Add(CmtFlyEgle.Variants, config => new CmtFlyEgle(config));
        Add(PatchConvNet.Variants, config => new PatchConvNet(config));
        Add(Pit.Variants, config => new Pit(config));
        Add(PitLucidrains.Variants, config => new PitLucidrains(config));
        Add(CrossFormer.Variants, config => new CrossFormer(config));
        Add(BotNet.Variants, config => new ResNet(config));
        Add(ResNet.Variants, config => new ResNet(config));
        AddHead("retinanet", (backbone, options) => new RetinaNet(backbone, options.Classes!.Value, options.Detector));
        AddHead("faster_rcnn", (backbone, options) => new FasterRcnn(backbone, options.Classes!.Value, masks: false, options.Detector));
        AddHead("mask_rcnn", (backbone, options) => new FasterRcnn(backbone, options.Classes!.Value, masks: true, options.Detector));
        AddHead(
            "semantic_fpn",
            (backbone, options) => new SemanticFpn(backbone, options.Classes!.Value, options.Segmenter),
            VisionTask.Segmentation);
        AddHead(
            "upernet",
            (backbone, options) => new UperNet(backbone, options.Classes!.Value, options.Segmenter),
            VisionTask.Segmentation);
        AddAblations(Cmt.Ablations, config => new Cmt(config));
        AddAblations(PatchConvNet.Ablations, config => new PatchConvNet(config));
        AddAblations(Pit.Ablations, config => new Pit(config));
        AddAblations(CrossFormer.Ablations, config => new CrossFormer(config));
        AddAblations(BotNet.Ablations, config => new ResNet(config));
        AddAblations(ResNet.Ablations, config => new ResNet(config));
    }

    /// <summary>Names of all models but the <see cref="Ablations"/>, in the order in which they were added.</summary>
    public static IReadOnlyList<string> Names
    {
        get
        {
            lock (_changing)
            {
                return [.. _models.Keys.Where(name => !_ablations.Contains(name))];
            }
        }
    }

    /// <summary>
    /// Names of small networks in which one idea of a paper is left out, to measure what the idea is worth. They are created by name like
    /// all others; a foreign checkpoint, which may fit them just as well, is never taken for one.
    /// </summary>
    public static IReadOnlyList<string> Ablations
    {
        get
        {
            lock (_changing)
            {
                return [.. _models.Keys.Where(_ablations.Contains)];
            }
        }
    }

    /// <summary>Names of dense heads, in the order in which they were added.</summary>
    public static IReadOnlyList<string> Heads
    {
        get
        {
            lock (_changing)
            {
                return [.. _heads.Keys];
            }
        }
    }

    /// <summary>Adds a dense head, which then goes with every backbone.</summary>
    /// <param name="name">Name in front of the colon of <c>HEAD:BACKBONE</c>.</param>
    /// <param name="create">
    /// Creates the head, without weights, on a backbone for a caller's options, in which the number of classes is set.
    /// </param>
    /// <param name="task">Task of the head, which tells the usual size of images, number of classes and preprocessing.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or has a colon.</exception>
    public static void AddHead(
        string name, Func<Backbone, ModelOptions, DenseHead> create, VisionTask task = VisionTask.Detection)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        lock (_changing)
        {
            if (name.Contains(Colon) || !_heads.TryAdd(name, DenseEntry.Of(create, task)))
            {
                throw new ArgumentException(
                    $"'{name}' has a colon or is the name of a head already: give yours another name.", nameof(name));
            }
        }
    }

    /// <summary>Adds a model.</summary>
    /// <param name="name">Name that it is created by and that checkpoints hold.</param>
    /// <param name="create">
    /// Creates the network, without weights, for a caller's options; options that are null are its own to choose.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public static void Add(string name, Func<ModelOptions, Network> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        lock (_changing)
        {
            RequireFree(name);
            _models.Add(name, create);
        }
    }

    /// <summary>
    /// Adds all variants of a family, or none of them. A caller's options are applied to the variant's, and its own head is made for its
    /// classes.
    /// </summary>
    /// <typeparam name="TConfig">Type of the family's options.</typeparam>
    /// <param name="variants">Variants by name.</param>
    /// <param name="make">Makes the backbone of a variant, without weights.</param>
    /// <exception cref="ArgumentException">A name is empty or taken.</exception>
    public static void Add<TConfig>(IReadOnlyDictionary<string, TConfig> variants, Func<TConfig, Backbone> make)
        where TConfig : NetworkConfig
    {
        lock (_changing)
        {
            foreach (string name in variants.Keys)
            {
                ArgumentException.ThrowIfNullOrWhiteSpace(name, nameof(variants));
                RequireFree(name);
            }

            foreach ((string name, TConfig config) in variants)
            {
                _models.Add(name, options => new Network(make((TConfig)config.With(options))));
            }
        }
    }

    /// <summary>True if a name is that of a dense head on a backbone, <c>HEAD:BACKBONE</c>, whether there are such or not.</summary>
    public static bool IsDense(string name) => name.Contains(Colon);

    /// <summary>Task of a model by its name; detection for a dense head that is not known.</summary>
    /// <param name="name">Name of a model, or of a dense head alone.</param>
    public static VisionTask TaskOf(string name)
    {
        lock (_changing)
        {
            return _heads.TryGetValue(name.Split(Colon, 2)[0], out DenseEntry? head) ? head.Task
                : IsDense(name) ? VisionTask.Detection : VisionTask.Classification;
        }
    }

    /// <summary>Name of the backbone of a dense model; any other name stays.</summary>
    public static string BackboneOf(string name) => name[(name.IndexOf(Colon) + 1)..];

    /// <summary>True if there is a model of that name, or was one up to version 0.1.0.</summary>
    public static bool Contains(string name) => Find(name) is not null;

    /// <summary>Present name of a model that had another up to version 0.1.0; any other name stays.</summary>
    public static string Resolve(string name) => _oldNames.GetValueOrDefault(name, name);

    /// <summary>Creates a model without weights.</summary>
    /// <param name="name">Its name, present or old.</param>
    /// <param name="options">Changes to the registered variant.</param>
    /// <exception cref="ArgumentException">There is no such model; the message names those that are alike.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the given size.</exception>
    public static Network Create(string name, ModelOptions? options = null) => Find(name) is { } create
        ? create(options ?? new ModelOptions())
        : throw new ArgumentException(
            $"There is no model '{name}'. The nearest names are {string.Join(", ", Nearest(name))}.", nameof(name));

    /// <summary>
    /// Names of models that are spelt most like a given one, or were up to version 0.1.0, the nearest first; of <c>HEAD:BACKBONE</c>, both
    /// parts count.
    /// </summary>
    public static IReadOnlyList<string> Nearest(string name, int count = 3)
    {
        IEnumerable<(string Name, int Edits)> backbones = Edits(name.Split(Colon, 2)[^1], Names.Concat(Ablations).Concat(_oldNames.Keys));
        IEnumerable<(string Name, int Edits)> dense = name.Contains(Colon)
            ? from head in Edits(name.Split(Colon)[0], Heads)
              from backbone in backbones
              select ($"{head.Name}{Colon}{Resolve(backbone.Name)}", head.Edits + backbone.Edits)
            : from head in Edits(name, Heads) select ($"{head.Name}{Colon}{UsualBackbone}", head.Edits);
        IEnumerable<(string Name, int Edits)> all = name.Contains(Colon)
            ? dense
            : backbones.Select(backbone => (Resolve(backbone.Name), backbone.Edits)).Concat(dense);
        return [.. all.OrderBy(known => known.Edits).Select(known => known.Name).Distinct().Take(count)];

        static IReadOnlyList<(string Name, int Edits)> Edits(string word, IEnumerable<string> names) =>
            [.. names.Select(known => (known, Spelling.Edits(word, known)))];
    }

    /// <summary>Name of a dense model.</summary>
    internal static string WithHead(string head, string backbone) => $"{head}{Colon}{backbone}";

    private static void AddAblations<TConfig>(IReadOnlyDictionary<string, TConfig> ablations, Func<TConfig, Backbone> make)
        where TConfig : NetworkConfig
    {
        Add(ablations, make);
        _ablations.UnionWith(ablations.Keys);
    }

    private static Func<ModelOptions, Network>? Find(string name)
    {
        string[] parts = name.Split(Colon, 2);
        lock (_changing)
        {
            Func<ModelOptions, Network>? model = _models.GetValueOrDefault(Resolve(parts[^1]));
            if (parts.Length == 1 || model is null)
            {
                return model;
            }

            return _heads.TryGetValue(parts[0], out DenseEntry? head)
                ? options => WithHead(model, head, options)
                : null;
        }
    }

    private static Network WithHead(Func<ModelOptions, Network> model, DenseEntry head, ModelOptions options)
    {
        options = options with { Classes = options.Classes ?? head.Classes };
        Backbone backbone = model(options).Backbone;
        if (options.Height is null && options.Width is null)
        {
            // Dense tasks see larger images than classifiers, where the backbone takes them.
            (int height, int width) = backbone.Height >= LargeImages ? (head.Height, head.Width) : (SmallDenseSide, SmallDenseSide);
            options = backbone.Sizes.Fits(height, width) ? options with { Height = height, Width = width } : options;
            backbone = model(options).Backbone;
        }

        return new Network(backbone, head.Create(backbone, options));
    }

    private static void RequireFree(string name)
    {
        if (_models.ContainsKey(name) || _oldNames.ContainsKey(name))
        {
            throw new ArgumentException($"There is a model '{name}' already: give yours another name.", nameof(name));
        }
    }

    /// <summary>A dense head, with number of classes and size of images that its published networks have.</summary>
    private sealed record DenseEntry(
        Func<Backbone, ModelOptions, DenseHead> Create, VisionTask Task, int Classes, int Height, int Width)
    {
        /// <summary>COCO's classes for detectors, ADE20K's for segmentation.</summary>
        public static DenseEntry Of(Func<Backbone, ModelOptions, DenseHead> create, VisionTask task) =>
            task == VisionTask.Segmentation ? new(create, task, 150, 512, 512) : new(create, task, 80, 800, 1280);
    }
}
