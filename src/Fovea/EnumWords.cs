using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea;

/// <summary>JSON form of an enumeration as words, such as <c>perPixel</c>.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class EnumWords<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
