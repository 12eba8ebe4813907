using System.Buffers.Binary;

namespace Fovea.Formats.PyTorch;

/// <summary>
/// Runs the stack machine of a pickle. What it may build is the closed list of <see cref="AllowedGlobals"/>; any other name is passed over
/// with all that belongs to it, and an instruction that does not fit the stack is an error that says where in the pickle it stands.
/// </summary>
internal ref struct PickleReader
{
    private const int HighestProtocol = 5;

    private readonly ParseBudget _guard;
    private readonly StorageTable _storages;
    private readonly PickleStack _stack;
    private readonly List<object?> _memo = [];
    private PickleBytes _bytes;

    /// <summary>Makes a reader.</summary>
    /// <param name="bytes">One or more pickles, one after another.</param>
    /// <param name="guard">Words the errors and bounds the memory.</param>
    /// <param name="storages">Collects the storages that tensors refer to.</param>
    public PickleReader(ReadOnlySpan<byte> bytes, ParseBudget guard, StorageTable storages)
    {
        _bytes = new PickleBytes(bytes, guard);
        _guard = guard;
        _storages = storages;
        _stack = new PickleStack();
    }

    /// <summary>Position of the next byte.</summary>
    public readonly int Position => _bytes.Position;

    /// <summary>Reads one pickle, up to its end.</summary>
    /// <returns>The value that it describes.</returns>
    /// <exception cref="InvalidFileException">It is damaged, or names what is not on the closed list.</exception>
    public object? Read()
    {
        _memo.Clear();
        _stack.Clear();
        try
        {
            while (true)
            {
                _guard.CheckAllocation();
                PickleOpcode opcode = _bytes.Next();
                if (opcode == PickleOpcode.Stop)
                {
                    return _stack.Pop();
                }

                Run(opcode);
            }
        }
        catch (PickleStackException error)
        {
            throw Damaged(error.Message);
        }
    }

    private void Run(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Protocol:
                int protocol = _bytes.Take(1)[0];
                if (protocol > HighestProtocol)
                {
                    throw Damaged($"its protocol is {protocol} where at most {HighestProtocol} is known");
                }

                break;
            case PickleOpcode.Frame:
                _bytes.Take(8);
                break;
            case PickleOpcode.Mark:
                _stack.Mark();
                break;
            case PickleOpcode.Pop:
                _stack.PopOrDropMark();
                break;
            case PickleOpcode.PopMark:
                _stack.PopToMark();
                break;
            case PickleOpcode.Duplicate:
                _stack.Push(_stack.Peek());
                break;

            case PickleOpcode.None:
                _stack.Push(null);
                break;
            case PickleOpcode.True:
                _stack.Push(PickleStack.True);
                break;
            case PickleOpcode.False:
                _stack.Push(PickleStack.False);
                break;
            case PickleOpcode.BinInt:
                _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(_bytes.Take(4)));
                break;
            case PickleOpcode.BinInt1:
                _stack.Push((long)_bytes.Take(1)[0]);
                break;
            case PickleOpcode.BinInt2:
                _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Take(2)));
                break;
            case PickleOpcode.Long1:
                _stack.Push(_bytes.Integer(_bytes.Take(1)[0]));
                break;
            case PickleOpcode.BinFloat:
                _stack.Push(BinaryPrimitives.ReadDoubleBigEndian(_bytes.Take(8)));
                break;
            case PickleOpcode.ShortBinString or PickleOpcode.ShortBinUnicode:
                _stack.Push(_bytes.Text(_bytes.Take(1)[0]));
                break;
            case PickleOpcode.BinString or PickleOpcode.BinUnicode:
                _stack.Push(_bytes.Text(_bytes.Number(4)));
                break;
            case PickleOpcode.BinUnicode8:
                _stack.Push(_bytes.Text(_bytes.Number(8)));
                break;
            case PickleOpcode.ShortBinBytes:
                PushBytes(_bytes.Take(1)[0]);
                break;
            case PickleOpcode.BinBytes:
                PushBytes(_bytes.Number(4));
                break;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                PushBytes(_bytes.Number(8));
                break;

            case PickleOpcode.EmptyTuple:
                _stack.Push(Array.Empty<object?>());
                break;
            case PickleOpcode.Tuple1:
                _stack.Push(_stack.PopMany(1));
                break;
            case PickleOpcode.Tuple2:
                _stack.Push(_stack.PopMany(2));
                break;
            case PickleOpcode.Tuple3:
                _stack.Push(_stack.PopMany(3));
                break;
            case PickleOpcode.Tuple:
                _stack.Push(PopMarked());
                break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                _stack.Push(new List<object?>());
                break;
            case PickleOpcode.FrozenSet:
                _stack.Push(new List<object?>(PopMarked()));
                break;
            case PickleOpcode.EmptyDictionary:
                _stack.Push(new PickleDictionary());
                break;
            case PickleOpcode.Append:
                object? item = _stack.Pop();
                Top<List<object?>>("a list")?.Add(item);
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                object?[] added = PopMarked();
                Top<List<object?>>("a list")?.AddRange(added);
                break;
            case PickleOpcode.SetItem:
                object? value = _stack.Pop();
                object? key = _stack.Pop();
                Top<PickleDictionary>("a dictionary")?.Entries.Add(new(key, value));
                break;
            case PickleOpcode.SetItems:
                object?[] entries = PopMarked();
                SetItems(Top<PickleDictionary>("a dictionary"), entries);
                break;

            case PickleOpcode.BinPut:
                Remember(_bytes.Take(1)[0]);
                break;
            case PickleOpcode.LongBinPut:
                Remember(_bytes.Number(4));
                break;
            case PickleOpcode.Memoize:
                Remember(_memo.Count);
                break;
            case PickleOpcode.BinGet:
                _stack.Push(Recall(_bytes.Take(1)[0]));
                break;
            case PickleOpcode.LongBinGet:
                _stack.Push(Recall(_bytes.Number(4)));
                break;

            case PickleOpcode.Global:
                string module = _bytes.Line();
                _stack.Push(Find(module, _bytes.Line()));
                break;
            case PickleOpcode.StackGlobal:
                object? name = _stack.Pop();
                _stack.Push(_stack.Pop() is string from && name is string text
                    ? Find(from, text)
                    : throw Damaged("it names a global by something else than text"));
                break;
            case PickleOpcode.NewObjectNamed:
                _stack.Pop();
                Call();
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObject:
                Call();
                break;
            case PickleOpcode.Build:
                SetState(_stack.Pop());
                break;
            case PickleOpcode.BinPersistentId:
                _stack.Push(_storages.Find(_stack.Pop()) ?? throw Damaged("it refers to a storage in an unknown way, or in two ways"));
                break;
            default:
                throw Damaged($"the instruction 0x{(byte)opcode:X2} is not one that PyTorch writes");
        }
    }

    /// <summary>Finds the meaning of a name; a type that is not on the list stands for a value that is passed over.</summary>
    private readonly object Find(string module, string name)
    {
        if (AllowedGlobals.Find(module, name) is AllowedGlobal allowed)
        {
            return allowed;
        }

        string full = $"{module}.{name}";
        return AllowedGlobals.MakesTensors(module, name) ? throw AllowedGlobals.NotAllowed(_guard.Path, full) : new PickleSkipped(full);
    }

    private readonly void Call()
    {
        object?[] arguments = _stack.Pop() as object?[] ?? throw Damaged("the arguments of a call are not a tuple");
        object? called = _stack.Pop();
        if (called is PickleSkipped)
        {
            _stack.Push(called);
            return;
        }

        AllowedGlobal callee = called as AllowedGlobal ?? throw Damaged("it calls something that cannot be called");
        Func<object?[], object?> build = callee.Build ?? throw Damaged($"it calls {callee.Name}, which may only be named");

        // An argument that was passed over takes what is made of it along, such as a default dictionary of a type of one's own.
        _stack.Push(build(arguments) ?? arguments.OfType<PickleSkipped>().FirstOrDefault()
            ?? throw Damaged($"the arguments given to {callee.Name} do not fit"));
    }

    private readonly void SetState(object? state)
    {
        switch (_stack.Peek())
        {
            case PickleDictionary { IsNamespace: true } target when state is PickleDictionary attributes && attributes != target:
                target.Entries.AddRange(attributes.Entries);
                break;
            case PickleDictionary { IsNamespace: false } or PickleOpaque or PickleSkipped:
                // Attributes of a dictionary (_metadata), bytes of a numpy array, what is passed over: of no use here.
                break;
            default:
                throw Damaged("it gives a state to something that has none");
        }
    }

    private readonly void SetItems(PickleDictionary? dictionary, object?[] keysAndValues)
    {
        if (keysAndValues.Length % 2 != 0)
        {
            throw Damaged("a key of a dictionary has no value");
        }

        for (int i = 0; i < keysAndValues.Length; i += 2)
        {
            dictionary?.Entries.Add(new(keysAndValues[i], keysAndValues[i + 1]));
        }
    }

    private readonly object?[] PopMarked()
    {
        // Once as an array, up to three times in the container that grows by them.
        _guard.CheckAllocation(4L * sizeof(long) * _stack.CountAboveMark);
        return _stack.PopMarked();
    }

    /// <summary>The container on top; null where it is passed over, and its items with it.</summary>
    private readonly T? Top<T>(string what)
        where T : class => _stack.Peek() switch
        {
            T container => container,
            PickleSkipped => null,
            _ => throw Damaged($"it adds items to something that is not {what}"),
        };

    private readonly void Remember(int index)
    {
        // Writers number from 0 or 1 without gaps; a wide gap would only cost memory.
        if (index > 2 * (long)_memo.Count + 1024)
        {
            throw Damaged($"it remembers a value under the number {index} after {_memo.Count} values");
        }

        object? value = _stack.Peek();
        while (_memo.Count <= index)
        {
            _memo.Add(PickleStack.Unset);
        }

        _memo[index] = value;
    }

    private readonly object? Recall(int index) => index < _memo.Count && _memo[index] != PickleStack.Unset
        ? _memo[index]
        : throw Damaged($"it recalls the value number {index}, which it has not remembered");

    private void PushBytes(int length)
    {
        _bytes.Take(length);
        _stack.Push(PickleOpaque.Instance);
    }

    private readonly InvalidFileException Damaged(string problem) => _bytes.Damaged(problem);
}
