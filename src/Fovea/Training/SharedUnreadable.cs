using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Collectives;
using Fovea.Data;

namespace Fovea.Training;

/// <summary>Images that one of several processes could not read, which count for all.</summary>
internal static class SharedUnreadable
{
    /// <summary>Counts on each rank the images that any could not read.</summary>
    /// <param name="ranks">The ranks; nothing happens where there is one.</param>
    /// <param name="unreadable">Counter of this rank.</param>
    /// <exception cref="InvalidImageException">There are too many in all.</exception>
    public static void Merge(ICollective ranks, UnreadableImages unreadable)
    {
        if (ranks.Size == 1)
        {
            return;
        }

        UnreadableImage[] own = [.. unreadable.Images];
        foreach (byte[] json in ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(own, UnreadableJson.Default.UnreadableImageArray)))
        {
            foreach (UnreadableImage image in JsonSerializer.Deserialize(json, UnreadableJson.Default.UnreadableImageArray) ?? [])
            {
                // The sentence begins with the name, which the error adds by itself.
                string problem = image.Problem[(image.Name.Length + 2)..];
                unreadable.Add(image.Index, image.Name, new InvalidImageException(image.Name, problem));
            }
        }
    }
}

/// <summary>Generated code for lists of unreadable images.</summary>
[JsonSerializable(typeof(UnreadableImage[]))]
internal sealed partial class UnreadableJson : JsonSerializerContext;
