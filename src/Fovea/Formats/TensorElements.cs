using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fovea.Formats;

/// <summary>Converts stored elements (little endian, one after another) to the types that Fovea computes with.</summary>
internal static class TensorElements
{
    /// <summary>Converts elements of any type to 32-bit floating point.</summary>
    /// <param name="bytes">The elements; as many as fit the destination.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">One number for each.</param>
    public static void ToFloats(ReadOnlySpan<byte> bytes, SafeTensorType type, Span<float> destination)
    {
        switch (type)
        {
            case SafeTensorType.F32 when BitConverter.IsLittleEndian:
                bytes[..(4 * destination.Length)].CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case SafeTensorType.F32:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                }

                break;
            case SafeTensorType.F16:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
                }

                break;
            case SafeTensorType.BF16:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                }

                break;
            case SafeTensorType.F64:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                }

                break;
            default:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = Integer(bytes, type, i);
                }

                break;
        }
    }

    /// <summary>Converts integers and truth values to 64-bit integers.</summary>
    /// <param name="bytes">The elements; as many as fit the destination.</param>
    /// <param name="type">Their type, which is not a floating point one.</param>
    /// <param name="destination">One number for each.</param>
    public static void ToInt64s(ReadOnlySpan<byte> bytes, SafeTensorType type, Span<long> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = Integer(bytes, type, i);
        }
    }

    private static long Integer(ReadOnlySpan<byte> bytes, SafeTensorType type, int index) => type switch
    {
        SafeTensorType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * index)..]),
        SafeTensorType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * index)..]),
        SafeTensorType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * index)..]),
        SafeTensorType.I8 => (sbyte)bytes[index],
        SafeTensorType.U8 => bytes[index],
        _ => bytes[index] != 0 ? 1 : 0,
    };
}
