using Fovea.Collectives;
using Fovea.Data;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Objects that several processes found in images of one set, brought together.</summary>
internal static class SharedDetections
{
    /// <summary>Gives every rank the objects of all images.</summary>
    /// <param name="ranks">The ranks; the list itself comes back where there is one.</param>
    /// <param name="found">Objects of this rank's images, by index of the image.</param>
    /// <returns>Objects of all images, in the order of the set.</returns>
    public static IReadOnlyList<(int Image, IReadOnlyList<FoundObject> Objects)> Gather(
        ICollective ranks, IReadOnlyList<(int Image, IReadOnlyList<FoundObject> Objects)> found) =>
        ranks.Size == 1 ? found : [.. ranks.Gather(Write(found)).SelectMany(Read).OrderBy(image => image.Image)];

    private static byte[] Write(IReadOnlyList<(int Image, IReadOnlyList<FoundObject> Objects)> found)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        foreach ((int image, IReadOnlyList<FoundObject> objects) in found)
        {
            writer.Write(image);
            writer.Write(objects.Count);
            foreach (FoundObject one in objects)
            {
                Write(writer, one);
            }
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, FoundObject found)
    {
        Write(writer, found.Box);
        writer.Write(found.Score);
        writer.Write(found.Row.Index);
        writer.Write(found.Row.Region is not null);
        if (found.Row.Region is Box region)
        {
            Write(writer, region);
        }

        writer.Write(found.Mask is not null);
        if (found.Mask is RunLengthMask mask)
        {
            writer.Write(mask.Height);
            writer.Write(mask.Width);
            writer.Write(mask.ToCompressed());
        }
    }

    private static void Write(BinaryWriter writer, Box box)
    {
        (float left, float top, float right, float bottom, int label) = box;
        writer.Write(left);
        writer.Write(top);
        writer.Write(right);
        writer.Write(bottom);
        writer.Write(label);
    }

    private static IEnumerable<(int Image, IReadOnlyList<FoundObject> Objects)> Read(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        using BinaryReader reader = new(stream);
        while (stream.Position < stream.Length)
        {
            int image = reader.ReadInt32();
            FoundObject[] objects = new FoundObject[reader.ReadInt32()];
            for (int i = 0; i < objects.Length; i++)
            {
                objects[i] = ReadObject(reader);
            }

            yield return (image, objects);
        }
    }

    private static FoundObject ReadObject(BinaryReader reader)
    {
        Box box = ReadBox(reader);
        float score = reader.ReadSingle();
        DetectedRow row = new(reader.ReadInt32(), reader.ReadBoolean() ? ReadBox(reader) : null);
        return new FoundObject(box, score, row, reader.ReadBoolean() ? ReadMask(reader) : null);
    }

    private static Box ReadBox(BinaryReader reader) =>
        new(reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadInt32());

    private static RunLengthMask ReadMask(BinaryReader reader) =>
        RunLengthMask.Parse(reader.ReadInt32(), reader.ReadInt32(), reader.ReadString());
}
