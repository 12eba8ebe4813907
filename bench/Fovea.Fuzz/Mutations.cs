namespace Fovea.Fuzz;

/// <summary>Random changes of bytes: bits, runs, pieces of other files, and numbers that parsers stumble over.</summary>
/// <param name="seed">Seed of the changes.</param>
/// <param name="dictionary">Files to take pieces from.</param>
internal sealed class Mutations(int seed, IReadOnlyList<byte[]> dictionary)
{
    private static readonly long[] _numbers =
    [
        0, 1, -1, 127, 128, 255, 256, short.MaxValue, ushort.MaxValue, int.MaxValue, int.MinValue, uint.MaxValue,
        long.MaxValue, long.MinValue, 1L << 60,
    ];

    private readonly Random _random = new(seed);

    /// <summary>Gives changed bytes.</summary>
    /// <param name="bytes">Bytes of a good file.</param>
    public byte[] Apply(byte[] bytes)
    {
        List<byte> changed = [.. bytes];
        for (int changes = 1 + _random.Next(6); changes > 0; changes--)
        {
            int at = _random.Next(changed.Count + 1);
            int length = Math.Min(_random.Next(1, 17), changed.Count - at);
            switch (_random.Next(8))
            {
                case 0 when length > 0:
                    changed[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1 when length > 0:
                    changed[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    changed.RemoveRange(at, length);
                    break;
                case 3:
                    changed.InsertRange(at, changed.GetRange(at, length));
                    break;
                case 4:
                    changed.InsertRange(at, Piece());
                    break;
                case 5:
                    Overwrite(changed, at, Number());
                    break;
                case 6 when _random.Next(8) == 0:
                    changed.RemoveRange(at, changed.Count - at);
                    break;
                default:
                    Overwrite(changed, at, Piece());
                    break;
            }
        }

        return [.. changed];
    }

    private byte[] Piece()
    {
        byte[] source = dictionary[_random.Next(dictionary.Count)];
        int length = Math.Min(_random.Next(1, 33), source.Length);
        return source.AsSpan(_random.Next(source.Length - length + 1), length).ToArray();
    }

    private byte[] Number()
    {
        byte[] number = BitConverter.GetBytes(_numbers[_random.Next(_numbers.Length)]);
        number = number[..(1 << _random.Next(4))];
        if (_random.Next(2) == 0)
        {
            Array.Reverse(number);
        }

        return number;
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] piece)
    {
        for (int i = 0; i < piece.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = piece[i];
        }
    }
}
