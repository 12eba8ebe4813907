using Fovea.Engine.Memory;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>The processor's store of constants: each lies in one form, such as panels of a given depth, or as it is.</summary>
internal sealed class CpuPackedWeights : PackedWeights
{
    private readonly Dictionary<(ConstantKey Key, object Format), (AlignedMemory Region, long Offset)> _places = [];
    private readonly List<AlignedMemory> _regions = [];
    private bool _isDisposed;

    /// <summary>The lock under which plans look constants up and compute those that are missing.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The identities of the constants. Used under <see cref="Gate"/>.</summary>
    public ConstantKeys Keys { get; } = new();

    /// <inheritdoc/>
    public override long Bytes
    {
        get
        {
            lock (Gate)
            {
                return _regions.Sum(region => region.Bytes);
            }
        }
    }

    /// <summary>The place of a constant in a form; null where no plan has computed it yet. Used under <see cref="Gate"/>.</summary>
    /// <exception cref="ObjectDisposedException">The store was disposed of.</exception>
    public (AlignedMemory Region, long Offset)? Find(ConstantKey key, object format)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _places.TryGetValue((key, format), out (AlignedMemory, long) place) ? place : null;
    }

    /// <summary>Takes over a region of constants that were computed. Used under <see cref="Gate"/>.</summary>
    public void Add(AlignedMemory region, IEnumerable<(ConstantKey Key, object Format, long Offset)> constants)
    {
        _regions.Add(region);
        foreach ((ConstantKey key, object format, long offset) in constants)
        {
            _places.TryAdd((key, format), (region, offset));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (Gate)
        {
            _isDisposed = true;
            _places.Clear();
            _regions.ForEach(region => region.Dispose());
            _regions.Clear();
        }
    }
}
