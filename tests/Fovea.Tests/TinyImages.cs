using Fovea.Data;

namespace Fovea.Tests;

/// <summary>Folders of class folders with a few small images, each class a pattern of its own under noise.</summary>
internal static class TinyImages
{
    public const int Side = 16;

    /// <summary>Writes <paramref name="each"/> PNG images a class and gives the folder back.</summary>
    public static string Write(string folder, int each, int seed = 1, params string[] classes)
    {
        classes = classes.Length == 0 ? ["apple", "bread", "cloud"] : classes;
        Random random = new(seed);
        for (int label = 0; label < classes.Length; label++)
        {
            Directory.CreateDirectory(Path.Combine(folder, classes[label]));
            for (int i = 0; i < each; i++)
            {
                File.WriteAllBytes(Path.Combine(folder, classes[label], $"{i:D2}.png"), PngEncoder.Encode(Draw(label, random)));
            }
        }

        return folder;
    }

    private static Image Draw(int label, Random random)
    {
        byte[] pixels = new byte[Side * Side];
        for (int i = 0; i < pixels.Length; i++)
        {
            int stripe = label == 0 ? i % Side : label == 1 ? i / Side : (i % Side) + (i / Side);
            pixels[i] = (byte)((stripe / 2 % 2 * 120) + random.Next(120));
        }

        return new Image(Side, Side, 1, pixels);
    }
}
