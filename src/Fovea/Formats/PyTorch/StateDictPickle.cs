using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Fovea.Formats.PyTorch;

/// <summary>The pickle (protocol 2) of an OrderedDict of tensors, each with a storage of its own that has its index as key.</summary>
internal sealed class StateDictPickle
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    private StateDictPickle()
    {
    }

    /// <summary>Writes the pickle.</summary>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    public static byte[] Of(IReadOnlyList<SafeTensor> tensors)
    {
        StateDictPickle pickle = new();
        pickle.Write(PickleOpcode.Protocol, 2);
        pickle.EmptyOrderedDict();
        pickle.Write(PickleOpcode.Mark);
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < tensors.Count; i++)
        {
            if (!names.Add(tensors[i].Name))
            {
                throw new ArgumentException(
                    $"Two tensors have the name '{tensors[i].Name}'; a state dict needs different names.", nameof(tensors));
            }

            pickle.Text(tensors[i].Name);
            pickle.Tensor(tensors[i], i);
        }

        pickle.Write(PickleOpcode.SetItems);
        pickle.Write(PickleOpcode.Stop);
        return pickle._bytes.WrittenSpan.ToArray();
    }

    /// <summary>torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks).</summary>
    private void Tensor(SafeTensor tensor, int index)
    {
        long[] strides = new long[tensor.Shape.Count];
        long count = 1;
        for (int axis = strides.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = count;
            count *= tensor.Shape[axis];
        }

        Global("torch._utils", "_rebuild_tensor_v2");
        Write(PickleOpcode.Mark);
        Storage(StorageOf(tensor.ElementType), index, count);
        Integer(0);
        Tuple([.. tensor.Shape]);
        Tuple(strides);
        Write(PickleOpcode.False);
        EmptyOrderedDict();
        Write(PickleOpcode.Tuple);
        Write(PickleOpcode.Reduce);
    }

    private void Storage(string type, int index, long count)
    {
        Write(PickleOpcode.Mark);
        Text("storage");
        Global("torch", type);
        Text(index.ToString(CultureInfo.InvariantCulture));
        Text("cpu");
        Integer(count);
        Write(PickleOpcode.Tuple);
        Write(PickleOpcode.BinPersistentId);
    }

    private static string StorageOf(SafeTensorType type) => type switch
    {
        SafeTensorType.F32 => "FloatStorage",
        SafeTensorType.F16 => "HalfStorage",
        SafeTensorType.BF16 => "BFloat16Storage",
        SafeTensorType.F64 => "DoubleStorage",
        SafeTensorType.I64 => "LongStorage",
        SafeTensorType.I32 => "IntStorage",
        SafeTensorType.I16 => "ShortStorage",
        SafeTensorType.I8 => "CharStorage",
        SafeTensorType.U8 => "ByteStorage",
        _ => "BoolStorage",
    };

    private void EmptyOrderedDict()
    {
        Global("collections", "OrderedDict");
        Write(PickleOpcode.EmptyTuple);
        Write(PickleOpcode.Reduce);
    }

    private void Tuple(long[] values)
    {
        Write(PickleOpcode.Mark);
        foreach (long value in values)
        {
            Integer(value);
        }

        Write(PickleOpcode.Tuple);
    }

    private void Integer(long value)
    {
        if (value <= int.MaxValue)
        {
            Write(PickleOpcode.BinInt);
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(4), (int)value);
            _bytes.Advance(4);
            return;
        }

        Write(PickleOpcode.Long1, sizeof(long));
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    private void Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Write(PickleOpcode.BinUnicode);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(4), utf8.Length);
        _bytes.Advance(4);
        _bytes.Write(utf8);
    }

    private void Global(string module, string name)
    {
        Write(PickleOpcode.Global);
        _bytes.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Write(PickleOpcode opcode, params ReadOnlySpan<byte> operand)
    {
        _bytes.Write([(byte)opcode]);
        _bytes.Write(operand);
    }
}
