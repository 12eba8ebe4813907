using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Fovea.Formats.PyTorch;

/// <summary>The bytes of a pickle, taken one after another. Whatever is cut off is an error that names the instruction.</summary>
/// <param name="bytes">One or more pickles.</param>
/// <param name="guard">Words the errors.</param>
internal ref struct PickleBytes(ReadOnlySpan<byte> bytes, ParseBudget guard)
{
    private const int MaxInteger = 64;

    // No key or name is as long, and numpy's bytes, which protocol 2 writes as text, are of no use here.
    private const int MaxText = 1 << 16;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ParseBudget _guard = guard;

    /// <summary>Position of the next byte.</summary>
    public int Position { get; private set; }

    /// <summary>Position of the instruction that is being run.</summary>
    public int Instruction { get; private set; }

    /// <summary>Takes the next instruction.</summary>
    public PickleOpcode Next()
    {
        Instruction = Position;
        return (PickleOpcode)Take(1)[0];
    }

    /// <summary>Takes some bytes.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - Position)
        {
            throw Damaged($"it is cut off: {count} bytes are expected where {_bytes.Length - Position} remain");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    /// <summary>Takes a length or an index of four or eight bytes.</summary>
    public int Number(int width)
    {
        ReadOnlySpan<byte> taken = Take(width);
        ulong number = width == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(taken) : BinaryPrimitives.ReadUInt64LittleEndian(taken);
        return number <= int.MaxValue ? (int)number : throw Damaged($"it claims a length or number of {number}");
    }

    /// <summary>Takes text; what is too long for a key or a name is taken but not kept.</summary>
    public object Text(int length)
    {
        ReadOnlySpan<byte> taken = Take(length);
        return length <= MaxText ? Encoding.UTF8.GetString(taken) : PickleOpaque.Instance;
    }

    /// <summary>Takes text up to the end of the line.</summary>
    public string Line()
    {
        int length = _bytes[Position..].IndexOf((byte)'\n');
        return length is >= 0 and <= MaxText ? Encoding.UTF8.GetString(Take(length + 1)[..length]) : throw Damaged("a name has no end");
    }

    /// <summary>Takes an integer: a long where it fits, a BigInteger where it does not.</summary>
    public object Integer(int length)
    {
        if (length > MaxInteger)
        {
            throw Damaged($"it holds an integer of {length} bytes");
        }

        BigInteger integer = new(Take(length));
        return integer >= long.MinValue && integer <= long.MaxValue ? (object)(long)integer : integer;
    }

    /// <summary>The error of a pickle that is broken at the present instruction.</summary>
    public readonly InvalidFileException Damaged(string problem) =>
        _guard.Damaged($"its pickle is broken at byte {Instruction}: {problem}");
}
