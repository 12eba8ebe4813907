using Fovea.Data;

namespace Fovea.Tests.Data;

/// <summary>A set of made-up images of 8×7 pixels whose values are their index.</summary>
internal sealed class MadeDataset(int count) : IImageDataset
{
    private readonly Image[] _images =
        [.. Enumerable.Range(0, count).Select(i => new Image(8, 7, 1, [.. Enumerable.Repeat((byte)i, 56)]))];

    private int _loaded;

    /// <summary>The image that fails to load.</summary>
    public int Broken { get; init; } = -1;

    /// <summary>Called at each load with the number of loads so far.</summary>
    public Action<int>? OnLoad { get; set; }

    public int Loaded => Volatile.Read(ref _loaded);

    public int Count => _images.Length;

    public IReadOnlyList<string> Classes => ["even", "odd"];

    public int LabelOf(int index) => index % 2;

    public string NameOf(int index) => $"image {index}";

    public Image Load(int index)
    {
        int loaded = Interlocked.Increment(ref _loaded);
        OnLoad?.Invoke(loaded);
        return index == Broken ? throw new InvalidOperationException("It broke.") : _images[index];
    }
}
