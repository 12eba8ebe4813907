namespace Fovea.Formats.PyTorch;

/// <summary>
/// The instructions of a pickle that PyTorch's files use, protocols 2 to 5, under the names that Python's pickletools gives them.
/// A pickle is a program for a small stack machine.
/// </summary>
internal enum PickleOpcode : byte
{
    /// <summary>Remembers the stack's height.</summary>
    Mark = (byte)'(',

    /// <summary>Ends the pickle; the value on top is the result.</summary>
    Stop = (byte)'.',

    /// <summary>Drops the value on top, or the mark where there is none above it.</summary>
    Pop = (byte)'0',

    /// <summary>Drops all above the last mark.</summary>
    PopMark = (byte)'1',

    /// <summary>Repeats the value on top.</summary>
    Duplicate = (byte)'2',

    /// <summary>Pushes a 64-bit floating point number, big endian.</summary>
    BinFloat = (byte)'G',

    /// <summary>Pushes a signed integer of four bytes.</summary>
    BinInt = (byte)'J',

    /// <summary>Pushes an unsigned integer of one byte.</summary>
    BinInt1 = (byte)'K',

    /// <summary>Pushes an unsigned integer of two bytes.</summary>
    BinInt2 = (byte)'M',

    /// <summary>Pushes None.</summary>
    None = (byte)'N',

    /// <summary>Replaces an identifier by the object outside of the pickle that it names: here, a storage.</summary>
    BinPersistentId = (byte)'Q',

    /// <summary>Calls: a callable and its arguments become the result.</summary>
    Reduce = (byte)'R',

    /// <summary>Pushes text of Python 2, four bytes of length.</summary>
    BinString = (byte)'T',

    /// <summary>Pushes text of Python 2, one byte of length.</summary>
    ShortBinString = (byte)'U',

    /// <summary>Pushes text, four bytes of length.</summary>
    BinUnicode = (byte)'X',

    /// <summary>Appends one value to a list.</summary>
    Append = (byte)'a',

    /// <summary>Gives an object its state.</summary>
    Build = (byte)'b',

    /// <summary>Pushes what a module (one line) calls a name (the next line).</summary>
    Global = (byte)'c',

    /// <summary>Appends all above the last mark to a list.</summary>
    Appends = (byte)'e',

    /// <summary>Pushes a value remembered before, one byte of index.</summary>
    BinGet = (byte)'h',

    /// <summary>Pushes a value remembered before, four bytes of index.</summary>
    LongBinGet = (byte)'j',

    /// <summary>Pushes an empty list.</summary>
    EmptyList = (byte)']',

    /// <summary>Remembers the value on top, one byte of index.</summary>
    BinPut = (byte)'q',

    /// <summary>Remembers the value on top, four bytes of index.</summary>
    LongBinPut = (byte)'r',

    /// <summary>Sets one entry of a dictionary.</summary>
    SetItem = (byte)'s',

    /// <summary>Makes a tuple of all above the last mark.</summary>
    Tuple = (byte)'t',

    /// <summary>Pushes an empty tuple.</summary>
    EmptyTuple = (byte)')',

    /// <summary>Sets entries of a dictionary from the keys and values above the last mark.</summary>
    SetItems = (byte)'u',

    /// <summary>Pushes an empty dictionary.</summary>
    EmptyDictionary = (byte)'}',

    /// <summary>Pushes bytes, four bytes of length.</summary>
    BinBytes = (byte)'B',

    /// <summary>Pushes bytes, one byte of length.</summary>
    ShortBinBytes = (byte)'C',

    /// <summary>States the protocol.</summary>
    Protocol = 0x80,

    /// <summary>Makes an object of a class from its arguments.</summary>
    NewObject = 0x81,

    /// <summary>Makes a tuple of the value on top.</summary>
    Tuple1 = 0x85,

    /// <summary>Makes a tuple of the two values on top.</summary>
    Tuple2 = 0x86,

    /// <summary>Makes a tuple of the three values on top.</summary>
    Tuple3 = 0x87,

    /// <summary>Pushes True.</summary>
    True = 0x88,

    /// <summary>Pushes False.</summary>
    False = 0x89,

    /// <summary>Pushes an integer of any width, one byte of length.</summary>
    Long1 = 0x8A,

    /// <summary>Pushes text, one byte of length.</summary>
    ShortBinUnicode = 0x8C,

    /// <summary>Pushes text, eight bytes of length.</summary>
    BinUnicode8 = 0x8D,

    /// <summary>Pushes bytes, eight bytes of length.</summary>
    BinBytes8 = 0x8E,

    /// <summary>Pushes an empty set.</summary>
    EmptySet = 0x8F,

    /// <summary>Adds all above the last mark to a set.</summary>
    AddItems = 0x90,

    /// <summary>Makes an unchangeable set of all above the last mark.</summary>
    FrozenSet = 0x91,

    /// <summary>Makes an object of a class from its arguments and named arguments.</summary>
    NewObjectNamed = 0x92,

    /// <summary>Pushes what a module calls a name; both are on the stack.</summary>
    StackGlobal = 0x93,

    /// <summary>Remembers the value on top under the next index.</summary>
    Memoize = 0x94,

    /// <summary>Says how many bytes come next, for readers of streams.</summary>
    Frame = 0x95,

    /// <summary>Pushes changeable bytes, eight bytes of length.</summary>
    ByteArray8 = 0x96,
}
