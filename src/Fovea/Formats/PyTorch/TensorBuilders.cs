namespace Fovea.Formats.PyTorch;

/// <summary>PyTorch's functions that make a tensor when a pickle is read. Each gives null where the arguments do not fit.</summary>
internal static class TensorBuilders
{
    /// <summary>_rebuild_tensor and _rebuild_tensor_v2: storage, offset, sizes, strides; then what training needs.</summary>
    public static object? Tensor(object?[] arguments) =>
        arguments is [PickleStorage storage, long offset, object?[] sizes, object?[] strides, ..]
            ? Make(storage, storage.ElementType, offset, sizes, strides)
            : null;

    /// <summary>_rebuild_tensor_v3: as the second, with the element type after requires_grad and the hooks; the storage has none.</summary>
    public static object? TypedTensor(object?[] arguments)
    {
        if (arguments is not
            [PickleStorage bytes, long offset, object?[] sizes, object?[] strides, _, _, AllowedGlobal { ElementType: { } type }, ..])
        {
            return null;
        }

        return Make(bytes, type, offset, sizes, strides);
    }

    /// <summary>_rebuild_parameter: the tensor; then what training needs.</summary>
    public static object? Parameter(object?[] arguments) => arguments is [PickleTensor tensor, ..] ? tensor : null;

    /// <summary>_rebuild_from_type_v2: one of the functions above, the type, the function's arguments; then attributes.</summary>
    public static object? FromType(object?[] arguments)
    {
        // Only the functions that make tensors, so that nothing calls itself.
        if (arguments is not [AllowedGlobal { Build: { } build }, AllowedGlobal, object?[] inner, ..] || build == FromType)
        {
            return null;
        }

        return build(inner) as PickleTensor;
    }

    private static PickleTensor? Make(PickleStorage storage, SafeTensorType type, long offset, object?[] sizes, object?[] strides) =>
        Array.TrueForAll(sizes, size => size is long) && Array.TrueForAll(strides, stride => stride is long)
            ? new PickleTensor(
                storage, type, offset, Array.ConvertAll(sizes, size => (long)size!), Array.ConvertAll(strides, stride => (long)stride!))
            : null;
}
