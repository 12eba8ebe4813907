using System.Collections.Frozen;

namespace Fovea.Formats.PyTorch;

/// <summary>Something that a pickle may name.</summary>
/// <param name="Name">Module and name, as in Python 3.</param>
/// <param name="Build">
/// Gives the result of calling it with arguments; null where the arguments do not fit. No Build: it may only be named.
/// </param>
/// <param name="ElementType">The element type, where it is a storage's or a tensor's type.</param>
internal sealed record AllowedGlobal(string Name, Func<object?[], object?>? Build, SafeTensorType? ElementType = null);

/// <summary>
/// The closed list of what a pickle may name and build. Nothing is looked up beyond it and nothing of Python runs: each row makes plain
/// data.
/// </summary>
internal static class AllowedGlobals
{
    private static readonly AllowedGlobal[] _table =
    [
        // Storages: the elements of tensors.
        Elements("torch.FloatStorage", SafeTensorType.F32),
        Elements("torch.HalfStorage", SafeTensorType.F16),
        Elements("torch.BFloat16Storage", SafeTensorType.BF16),
        Elements("torch.DoubleStorage", SafeTensorType.F64),
        Elements("torch.LongStorage", SafeTensorType.I64),
        Elements("torch.IntStorage", SafeTensorType.I32),
        Elements("torch.ShortStorage", SafeTensorType.I16),
        Elements("torch.CharStorage", SafeTensorType.I8),
        Elements("torch.ByteStorage", SafeTensorType.U8),
        Elements("torch.BoolStorage", SafeTensorType.Bool),
        Elements("torch.UntypedStorage", SafeTensorType.U8),

        // Types of elements.
        Elements("torch.float32", SafeTensorType.F32),
        Elements("torch.float16", SafeTensorType.F16),
        Elements("torch.bfloat16", SafeTensorType.BF16),
        Elements("torch.float64", SafeTensorType.F64),
        Elements("torch.int64", SafeTensorType.I64),
        Elements("torch.int32", SafeTensorType.I32),
        Elements("torch.int16", SafeTensorType.I16),
        Elements("torch.int8", SafeTensorType.I8),
        Elements("torch.uint8", SafeTensorType.U8),
        Elements("torch.bool", SafeTensorType.Bool),

        // Tensors.
        new("torch._utils._rebuild_tensor", TensorBuilders.Tensor),
        new("torch._utils._rebuild_tensor_v2", TensorBuilders.Tensor),
        new("torch._utils._rebuild_tensor_v3", TensorBuilders.TypedTensor),
        new("torch._utils._rebuild_parameter", TensorBuilders.Parameter),
        new("torch._utils._rebuild_parameter_with_state", TensorBuilders.Parameter),
        new("torch._tensor._rebuild_from_type_v2", TensorBuilders.FromType),
        Named("torch.Tensor"),
        Named("torch.nn.parameter.Parameter"),
        Named("torch.nn.parameter.Buffer"),

        // Dictionaries and objects that are nothing but their attributes.
        new("collections.OrderedDict", Dictionary),
        new("builtins.dict", Dictionary),
        new("collections.Counter", Dictionary),
        new("collections.defaultdict", _ => new PickleDictionary()),
        new("yacs.config.CfgNode", Dictionary),
        new("argparse.Namespace", _ => new PickleDictionary(isNamespace: true)),
        new("types.SimpleNamespace", _ => new PickleDictionary(isNamespace: true)),

        // Lists.
        new("builtins.list", Items),
        new("builtins.tuple", Items),
        new("builtins.set", Items),
        new("builtins.frozenset", Items),
        new("torch.Size", Items),

        // Types that are named, as the factory of a defaultdict or by numpy.
        Named("builtins.int"),
        Named("builtins.float"),
        Named("builtins.bool"),
        Named("builtins.str"),
        Named("numpy.ndarray"),

        // Values beside the weights whose content is not kept.
        Opaque("torch.device"),
        Opaque("builtins.bytes"),
        Opaque("builtins.bytearray"),
        Opaque("builtins.complex"),
        Opaque("_codecs.encode"),
        Opaque("numpy.dtype"),
        Opaque("numpy.core.multiarray.scalar"),
        Opaque("numpy.core.multiarray._reconstruct"),
        Opaque("numpy.core.numeric._frombuffer"),
        Opaque("pathlib.PosixPath"),
        Opaque("pathlib.PurePosixPath"),
        Opaque("pathlib.WindowsPath"),
        Opaque("pathlib.PureWindowsPath"),
    ];

    // Other names of the same modules: Python 2, numpy 2, Python 3.13, storages that lay on a GPU.
    private static readonly (string Module, string Same)[] _sameModules =
    [
        ("__builtin__", "builtins"),
        ("numpy._core.multiarray", "numpy.core.multiarray"),
        ("numpy._core.numeric", "numpy.core.numeric"),
        ("pathlib._local", "pathlib"),
        ("torch.cuda", "torch"),
        ("torch.storage", "torch"),
    ];

    private static readonly FrozenDictionary<string, AllowedGlobal> _byName = _table.ToFrozenDictionary(
        row => row.Name, StringComparer.Ordinal);

    /// <summary>Finds what a pickle names; null where it is not on the list.</summary>
    public static AllowedGlobal? Find(string module, string name)
    {
        foreach ((string other, string same) in _sameModules)
        {
            module = module == other ? same : module;
        }

        return _byName.GetValueOrDefault($"{module}.{name}");
    }

    /// <summary>Tells whether a function that is not on the list makes tensors, so that passing it over would lose weights.</summary>
    public static bool MakesTensors(string module, string name) =>
        module.StartsWith("torch", StringComparison.Ordinal) && name.StartsWith("_rebuild", StringComparison.Ordinal);

    /// <summary>The error of a pickle that holds nothing but what is not on the list.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">Module and name.</param>
    public static InvalidFileException NotAllowed(string path, string name) => new(
        path,
        $"its pickle names {ExceptionText.Quote(name)}, which is not on the closed list of what a checkpoint may hold; nothing was run",
        "If you trust where the file comes from, load it in PyTorch and save the weights alone: torch.save(model.state_dict(), "
            + "'weights.pth').");

    private static AllowedGlobal Elements(string name, SafeTensorType type) => new(name, null, type);

    private static AllowedGlobal Named(string name) => new(name, null);

    private static AllowedGlobal Opaque(string name) => new(name, _ => PickleOpaque.Instance);

    /// <summary>A dictionary from nothing, from another one, or (Python 2) from a list of pairs.</summary>
    private static PickleDictionary? Dictionary(object?[] arguments)
    {
        PickleDictionary dictionary = new();
        switch (arguments)
        {
            case []:
                return dictionary;
            case [PickleDictionary other]:
                dictionary.Entries.AddRange(other.Entries);
                return dictionary;
            case [List<object?> pairs]:
                foreach (object? pair in pairs)
                {
                    object?[]? keyAndValue = pair as object?[] ?? (pair as List<object?>)?.ToArray();
                    if (keyAndValue is not [var key, var value])
                    {
                        return null;
                    }

                    dictionary.Entries.Add(new(key, value));
                }

                return dictionary;
            default:
                return null;
        }
    }

    /// <summary>A list, tuple or set from another one, which it may share: none of them changes any more.</summary>
    private static object? Items(object?[] arguments) => arguments switch
    {
        [] => Array.Empty<object?>(),
        [IList<object?>] => arguments[0],
        _ => null,
    };
}
