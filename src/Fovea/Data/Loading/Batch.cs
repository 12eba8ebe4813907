namespace Fovea.Data;

/// <summary>Prepared images with their labels. A batch belongs to its loader, which fills it anew after the next one is asked for.</summary>
public sealed class Batch
{
    internal Batch(int size, int imageLength)
    {
        Images = new float[size * imageLength];
        Labels = new int[size];
        Indices = new int[size];
    }

    /// <summary>The images, [N, Height, Width, Channels]; beyond <see cref="Count"/> they are zero.</summary>
    public float[] Images { get; }

    /// <summary>The labels, [N]; beyond <see cref="Count"/> they are −1.</summary>
    public int[] Labels { get; }

    /// <summary>The images' indices in the data set, [N]; beyond <see cref="Count"/> they are −1.</summary>
    public int[] Indices { get; }

    /// <summary>How many of the images are real: N, or fewer in the padded last batch.</summary>
    public int Count { get; internal set; }

    /// <summary>The batch's number in its epoch, from 0.</summary>
    public int Number { get; internal set; }
}
