using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Training.Detection;

/// <summary>Images of noise with red and blue squares: objects of two classes, with masks, one of them a crowd now and then.</summary>
internal sealed class SquaresDataset(int count, ulong seed = 0) : IInstanceDataset
{
    public int Count => count;

    public IReadOnlyList<string> Classes { get; } = ["red", "blue"];

    public bool HasMasks { get; init; } = true;

    public string NameOf(int index) => $"squares/{index:0000}.png";

    /// <summary>Upright and wide images in turn.</summary>
    public ImageSize SizeOf(int index) => index % 2 == 0 ? new ImageSize(64, 48) : new ImageSize(48, 64);

    public Image Load(int index)
    {
        ImageSize size = SizeOf(index);
        KeyedRandom random = new(seed, (ulong)index, 1);
        byte[] pixels = new byte[size.Width * size.Height * 3];
        foreach (ref byte value in pixels.AsSpan())
        {
            value = (byte)random.NextInt32(60);
        }

        foreach (Instance instance in InstancesOf(index))
        {
            Box box = instance.Box;
            for (int y = (int)box.Top; y < (int)box.Bottom; y++)
            {
                for (int x = (int)box.Left; x < (int)box.Right; x++)
                {
                    pixels[(((y * size.Width) + x) * 3) + (2 * box.Label)] = 230;
                }
            }
        }

        return new Image(size.Width, size.Height, 3, pixels);
    }

    public IReadOnlyList<Instance> InstancesOf(int index)
    {
        ImageSize size = SizeOf(index);
        KeyedRandom random = new(seed, (ulong)index, 2);
        List<Instance> instances = [];
        int objects = random.NextInt32(3);
        for (int i = 0; i < objects; i++)
        {
            int side = 12 + random.NextInt32(12);
            int left = random.NextInt32(size.Width - side);
            int top = random.NextInt32(size.Height - side);
            Box box = new(left, top, left + side, top + side, random.NextInt32(2));
            RunLengthMask mask = RunLengthMask.FromRectangle(size.Height, size.Width, new CocoBox(left, top, side, side));
            instances.Add(new Instance(box, mask, IsCrowd: index % 7 == 6));
        }

        return instances;
    }
}
