namespace Fovea.Formats;

/// <summary>The element types of the safetensors format that Fovea reads and writes, under the names that the format gives them.</summary>
public enum SafeTensorType
{
    /// <summary>32-bit floating point.</summary>
    F32,

    /// <summary>16-bit floating point (IEEE 754 half).</summary>
    F16,

    /// <summary>The upper half of a 32-bit floating point number.</summary>
    BF16,

    /// <summary>64-bit floating point.</summary>
    F64,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>16-bit signed integer.</summary>
    I16,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>One byte, 0 or 1; BOOL in a file.</summary>
    Bool,
}

/// <summary>Properties of the element types of safetensors files.</summary>
internal static class SafeTensorTypes
{
    private static readonly SafeTensorType[] _all = Enum.GetValues<SafeTensorType>();

    /// <summary>The codes that a file may use, for messages.</summary>
    public static string Codes => string.Join(", ", _all.Select(Code));

    /// <summary>The bytes of one element.</summary>
    public static int Size(this SafeTensorType type) => type switch
    {
        SafeTensorType.F64 or SafeTensorType.I64 => 8,
        SafeTensorType.F32 or SafeTensorType.I32 => 4,
        SafeTensorType.F16 or SafeTensorType.BF16 or SafeTensorType.I16 => 2,
        _ => 1,
    };

    /// <summary>Tells whether the elements are floating point numbers, not integers or truth values.</summary>
    public static bool IsFloatingPoint(this SafeTensorType type) =>
        type is SafeTensorType.F32 or SafeTensorType.F16 or SafeTensorType.BF16 or SafeTensorType.F64;

    /// <summary>The type's code in a file, such as F32.</summary>
    public static string Code(this SafeTensorType type) => type == SafeTensorType.Bool ? "BOOL" : type.ToString();

    /// <summary>Finds the type of a code; false where the code is not known.</summary>
    public static bool TryParse(string code, out SafeTensorType type)
    {
        foreach (SafeTensorType candidate in _all)
        {
            if (candidate.Code() == code)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }
}
