using System.Globalization;
using Fovea.Engine;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Data;

/// <summary>
/// Images of many tar archives, each read at its place in its shard: nothing but names, positions and labels is kept in memory.
/// </summary>
/// <remarks>
/// An epoch's order is near that of the disk: shards in random order, and within them what a bounded buffer mixes. It follows from the
/// random numbers alone, so an interrupted epoch goes on with the same images.
/// </remarks>
internal sealed class ShardedDataset : IImageDataset, IDisposable
{
    private const int MaxOpenShards = 256;

    private readonly string[] _paths;
    private readonly SafeFileHandle?[] _handles;
    private readonly int[] _starts;
    private readonly ShardSample[] _samples;
    private readonly int[] _labels;

    private ShardedDataset(string[] paths, int[] starts, ShardSample[] samples, int[] labels, IReadOnlyList<string> classes)
    {
        (_paths, _starts, _samples, _labels, Classes) = (paths, starts, samples, labels, classes);
        _handles = new SafeFileHandle?[paths.Length];
    }

    /// <inheritdoc/>
    public int Count => _samples.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <inheritdoc/>
    public bool IsStreamed => true;

    /// <summary>Lists shards.</summary>
    /// <param name="location">Path that was given, for messages.</param>
    /// <param name="paths">Shards in order.</param>
    /// <param name="classes">
    /// Names of the classes, which labels are numbers or members of; null to take them from the labels: numbers as they are, or names in
    /// ordinal order.
    /// </param>
    /// <exception cref="InvalidDatasetException">A shard or a label cannot be used, or there is only one class.</exception>
    public static ShardedDataset Open(string location, string[] paths, IReadOnlyList<string>? classes)
    {
        List<ShardSample> samples = [];
        int[] starts = new int[paths.Length + 1];
        for (int shard = 0; shard < paths.Length; shard++)
        {
            samples.AddRange(ShardIndex.Read(paths[shard]));
            starts[shard + 1] = samples.Count;
        }

        if (samples.Count == 0)
        {
            throw new InvalidDatasetException(location, "there are no samples in its shards. Expected name.jpg and name.cls in each.");
        }

        classes ??= ClassesOf(samples);
        if (classes.Count < 2)
        {
            throw new InvalidDatasetException(location, "there is only one class; a classifier needs at least two.");
        }

        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        for (int i = 0; i < classes.Count; i++)
        {
            numbers.TryAdd(classes[i], i);
        }

        int[] labels = [.. samples.Select((sample, i) => Label(sample, ShardOf(starts, i)))];
        return new ShardedDataset(paths, starts, [.. samples], labels, classes);

        int Label(ShardSample sample, int shard) =>
            int.TryParse(sample.Label, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < classes.Count ? number
            : numbers.TryGetValue(sample.Label, out int named) ? named
            : throw new InvalidDatasetException(
                paths[shard],
                $"the class '{sample.Label}' of '{sample.Key}' is none of the {classes.Count} classes ({ClassNames.List(classes)}).");
    }

    /// <inheritdoc/>
    public int LabelOf(int index) => _labels[index];

    /// <inheritdoc/>
    public string NameOf(int index) => $"{Path.GetFileName(_paths[ShardOf(_starts, index)])}: {_samples[index].Key}";

    /// <inheritdoc/>
    public Image Load(int index) => ImageFile.Decode(Read(index), NameOf(index));

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => ImageFile.Decode(Read(index), NameOf(index), atLeast);

    /// <inheritdoc/>
    public int[] DrawOrder(ref KeyedRandom random, int buffer)
    {
        int[] shards = [.. Enumerable.Range(0, _paths.Length)];
        random.Shuffle(shards);
        int[] order = [.. shards.SelectMany(shard => Enumerable.Range(_starts[shard], _starts[shard + 1] - _starts[shard]))];

        // What a buffer of so many samples gives that is filled in the order of the disk and emptied at random.
        int[] waiting = order[..Math.Min(Math.Max(buffer, 1), order.Length)];
        for (int given = 0, next = waiting.Length, left = waiting.Length; given < order.Length; given++)
        {
            int chosen = random.NextInt32(left);
            int index = waiting[chosen];
            waiting[chosen] = next < order.Length ? order[next++] : waiting[--left];
            order[given] = index;
        }

        return order;
    }

    /// <summary>Closes the shards; images cannot be read any more.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _handles.Length; i++)
        {
            Interlocked.Exchange(ref _handles[i], null)?.Dispose();
        }
    }

    private static int ShardOf(int[] starts, int index)
    {
        int found = Array.BinarySearch(starts, index);

        // Of empty shards, several begin at the same sample: the last one holds it.
        int shard = found >= 0 ? found : ~found - 1;
        while (starts[shard + 1] == index)
        {
            shard++;
        }

        return shard;
    }

    private static IReadOnlyList<string> ClassesOf(List<ShardSample> samples)
    {
        HashSet<string> labels = [.. samples.Select(sample => sample.Label)];
        return labels.All(label => int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? [.. Enumerable.Range(0, labels.Max(label => int.Parse(label, CultureInfo.InvariantCulture)) + 1)
                .Select(number => number.ToString(CultureInfo.InvariantCulture))]
            : [.. labels.Order(StringComparer.Ordinal)];
    }

    private byte[] Read(int index)
    {
        ShardSample sample = _samples[index];
        int shard = ShardOf(_starts, index);
        ImageFile.CheckEncodedSize(NameOf(index), sample.Length);
        byte[] bytes = new byte[sample.Length];
        try
        {
            if (_paths.Length <= MaxOpenShards)
            {
                Fill(bytes, Handle(shard), sample.Position, index);
            }
            else
            {
                using SafeFileHandle handle = File.OpenHandle(_paths[shard]);
                Fill(bytes, handle, sample.Position, index);
            }

            return bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageException(NameOf(index), $"the shard cannot be read ({error.Message}).", error);
        }
    }

    private void Fill(byte[] bytes, SafeFileHandle handle, long position, int index)
    {
        for (int filled = 0; filled < bytes.Length;)
        {
            int read = RandomAccess.Read(handle, bytes.AsSpan(filled), position + filled);
            filled += read > 0 ? read : throw new InvalidImageException(NameOf(index), "the shard has become shorter since it was opened.");
        }
    }

    private SafeFileHandle Handle(int shard)
    {
        if (Volatile.Read(ref _handles[shard]) is SafeFileHandle open)
        {
            return open;
        }

        SafeFileHandle opened = File.OpenHandle(_paths[shard]);
        if (Interlocked.CompareExchange(ref _handles[shard], opened, null) is SafeFileHandle other)
        {
            opened.Dispose();
            return other;
        }

        return opened;
    }
}
