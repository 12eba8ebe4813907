using System.Runtime.InteropServices;

namespace Fovea.Formats.PyTorch;

/// <summary>A pickle takes more from its stack than it put there.</summary>
internal sealed class PickleStackException(string message) : Exception(message);

/// <summary>The stack of a pickle's machine, with the marks that set off the arguments of some instructions.</summary>
internal sealed class PickleStack
{
    /// <summary>The value True, boxed once.</summary>
    public static readonly object True = true;

    /// <summary>The value False, boxed once.</summary>
    public static readonly object False = false;

    /// <summary>Stands in the memo where nothing was remembered yet.</summary>
    public static readonly object Unset = new();

    private readonly List<object?> _values = [];
    private readonly List<int> _marks = [];

    /// <summary>The number of values above the last mark.</summary>
    public int CountAboveMark => _values.Count - Floor;

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        _values.Clear();
        _marks.Clear();
    }

    /// <summary>Pushes a value.</summary>
    public void Push(object? value) => _values.Add(value);

    /// <summary>Takes the value on top.</summary>
    /// <exception cref="PickleStackException">There is none above the last mark.</exception>
    public object? Pop()
    {
        object? top = Peek();
        _values.RemoveAt(_values.Count - 1);
        return top;
    }

    /// <summary>Drops the value on top, or the last mark where no value is above it.</summary>
    /// <exception cref="PickleStackException">There is neither.</exception>
    public void PopOrDropMark()
    {
        if (CountAboveMark > 0)
        {
            Pop();
        }
        else
        {
            PopToMark();
        }
    }

    /// <summary>Takes the values on top, the lowest first.</summary>
    /// <exception cref="PickleStackException">There are not as many above the last mark.</exception>
    public object?[] PopMany(int count)
    {
        Require(count);
        object?[] values = CollectionsMarshal.AsSpan(_values)[^count..].ToArray();
        _values.RemoveRange(_values.Count - count, count);
        return values;
    }

    /// <summary>The value on top.</summary>
    /// <exception cref="PickleStackException">There is none above the last mark.</exception>
    public object? Peek()
    {
        Require(1);
        return _values[^1];
    }

    /// <summary>Sets a mark.</summary>
    public void Mark() => _marks.Add(_values.Count);

    /// <summary>All values above the last mark, which is dropped with them.</summary>
    /// <exception cref="PickleStackException">There is no mark.</exception>
    public object?[] PopMarked()
    {
        object?[] values = PopMany(_values.Count - LastMark());
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    /// <summary>Drops the last mark and all above it.</summary>
    /// <exception cref="PickleStackException">There is no mark.</exception>
    public void PopToMark()
    {
        int mark = LastMark();
        _marks.RemoveAt(_marks.Count - 1);
        _values.RemoveRange(mark, _values.Count - mark);
    }

    private int LastMark() => _marks.Count > 0 ? _marks[^1] : throw new PickleStackException("there is no mark on its stack");

    private void Require(int count)
    {
        if (CountAboveMark < count)
        {
            throw new PickleStackException("there are too few values on its stack");
        }
    }
}
