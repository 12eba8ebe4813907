using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Models;

/// <summary>
/// Objects in the images of a training step, which a detection head learns from. Whoever runs the step sets them before; the head's
/// operations read them.
/// </summary>
/// <param name="batch">Images in a step.</param>
/// <param name="capacity">Largest number of objects in an image.</param>
internal sealed class TrainingObjects(int batch, int capacity)
{
    private readonly ImageObjects[] _images = [.. Enumerable.Repeat(ImageObjects.None, batch)];

    /// <summary>Largest number of objects in an image.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>Seed of the samples that are drawn.</summary>
    public ulong Seed { get; set; }

    /// <summary>Number of the step, on which samples depend.</summary>
    public ulong Step { get; set; }

    /// <summary>Objects of an image of the batch.</summary>
    /// <param name="image">Index in the batch.</param>
    public ImageObjects this[int image]
    {
        get => _images[image];
        set => _images[image] = value.Count <= Capacity
            ? value
            : throw new ArgumentException($"An image has {value.Count} objects, more than the {Capacity} that there is room for.");
    }

    /// <summary>Random numbers of a draw.</summary>
    /// <param name="image">Index of the image in the batch.</param>
    /// <param name="draw">Number that tells draws of one image apart.</param>
    public KeyedRandom Random(int image, int draw) => new(Seed, Step, ((ulong)image << 8) | (uint)draw);
}

/// <summary>Objects of an image.</summary>
/// <param name="Boxes">x1, y1, x2, y2 of each, in pixels of the network's input.</param>
/// <param name="Classes">Class of each, from 0; negative for crowds, which nothing is learnt from.</param>
/// <param name="Masks">Mask of each in the network's input, null where it has none; empty where no masks are learnt.</param>
internal sealed record ImageObjects(float[] Boxes, int[] Classes, IReadOnlyList<RunLengthMask?> Masks)
{
    /// <summary>No objects.</summary>
    public static ImageObjects None { get; } = new([], [], []);

    /// <summary>Number of objects.</summary>
    public int Count => Classes.Length;

    /// <summary>Objects of a sample of the network's input.</summary>
    /// <param name="instances">The objects; where some have a mask, nothing is learnt from those without.</param>
    public static ImageObjects Of(IReadOnlyList<Instance> instances)
    {
        float[] boxes =
        [
            .. instances.Select(instance => instance.Box).SelectMany(box => new[] { box.Left, box.Top, box.Right, box.Bottom }),
        ];
        bool masked = instances.Any(instance => instance.Mask is not null);
        int[] classes =
        [
            .. instances.Select(instance => instance.IsCrowd || (masked && instance.Mask is null) ? -1 : instance.Box.Label),
        ];
        return new ImageObjects(boxes, classes, masked ? [.. instances.Select(instance => instance.Mask)] : []);
    }
}
