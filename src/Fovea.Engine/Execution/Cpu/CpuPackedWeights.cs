using Fovea.Engine.Memory;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>The processor's store of constants: each lies in one form, such as panels of a given depth, or as it is.</summary>
internal sealed class CpuPackedWeights : PackedWeights
{
    private readonly Dictionary<StoredForm, StoredPlace> _places = [];
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
    public StoredPlace? Find(ConstantKey key, string format)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _places.GetValueOrDefault(new StoredForm(key, format));
    }

    /// <summary>Takes over a region of constants that were computed. Used under <see cref="Gate"/>.</summary>
    public void Add(AlignedMemory region, IReadOnlyList<MissingConstant> constants)
    {
        _regions.Add(region);
        foreach (MissingConstant constant in constants)
        {
            _places.TryAdd(constant.Form, new StoredPlace(region, constant.Buffer.Offset));
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

/// <summary>A constant in a form.</summary>
/// <param name="Key">Identity of the constant.</param>
/// <param name="Format">Form in which it lies in memory.</param>
internal sealed record StoredForm(ConstantKey Key, string Format);

/// <summary>Place of a constant in the store.</summary>
/// <param name="Region">Memory that holds the constant.</param>
/// <param name="Offset">Position in the region, in bytes.</param>
internal sealed record StoredPlace(AlignedMemory Region, long Offset);

/// <summary>A constant that a plan computes for the store.</summary>
/// <param name="Form">The constant and its form.</param>
/// <param name="Buffer">Buffer of the plan, whose offset is that in the new region.</param>
internal sealed record MissingConstant(StoredForm Form, CpuBuffer Buffer);
