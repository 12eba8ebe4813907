using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>
/// Writes scalars as a TensorBoard event file. The file is a list of records (length, its checksum, data, its checksum: TensorFlow's
/// TFRecord), each holding an <c>Event</c> message in protocol buffer encoding; the few fields needed are encoded here.
/// </summary>
internal sealed class TensorBoardWriter : IDisposable
{
    /// <summary>Prefix of the name of every event file, by which TensorBoard finds it.</summary>
    internal const string FilePrefix = "events.out.tfevents.";

    // Wire types of the encoding (protobuf.dev/programming-guides/encoding).
    private const int VarInt = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    private readonly TimeProvider _clock;
    private readonly FileStream _stream;

    /// <summary>Starts a new event file.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="name">The end of the file's name, such as <c>train</c>.</param>
    /// <param name="resumeStep">
    /// Where a run is resumed, its step: TensorBoard then forgets what earlier files of the folder said of this step and later ones.
    /// </param>
    /// <param name="clock">Gives the time of each event; the system's clock where null.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public TensorBoardWriter(string folder, string name, long? resumeStep = null, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        Path = System.IO.Path.Combine(folder, $"{FilePrefix}{_clock.GetUtcNow().ToUnixTimeSeconds()}.{name}");
        try
        {
            _stream = new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw UnwritableFileException.From(Path, error);
        }

        WriteEvent(0, TextField(3, "brain.Event:2"));
        if (resumeStep is long step)
        {
            // SessionLog { status: START }
            WriteEvent(step, BytesField(7, [.. Tag(1, VarInt), 1]));
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Appends one value of a curve; it stands in the file when the method returns.</summary>
    /// <param name="tag">The curve's name, such as <c>loss/train</c>.</param>
    /// <param name="step">The optimiser steps done.</param>
    /// <param name="value">The value; it may be infinite or no number.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public void AddScalar(string tag, long step, double value)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);

        // Event { summary: Summary { value: Value { tag, simple_value } } }
        byte[] simpleValue = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(simpleValue, (float)value);
        byte[] summaryValue = [.. TextField(1, tag), .. Tag(2, Fixed32), .. simpleValue];
        WriteEvent(step, BytesField(5, BytesField(1, summaryValue)));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private void WriteEvent(long step, byte[] content)
    {
        byte[] wallTime = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(wallTime, _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1e3);
        try
        {
            WriteRecord([.. Tag(1, Fixed64), .. wallTime, .. Tag(2, VarInt), .. Number((ulong)step), .. content]);
            _stream.Flush();
        }
        catch (IOException error)
        {
            throw UnwritableFileException.From(Path, error);
        }
    }

    private void WriteRecord(ReadOnlySpan<byte> data)
    {
        Span<byte> length = stackalloc byte[8];
        Span<byte> checksum = stackalloc byte[4];
        BinaryPrimitives.WriteInt64LittleEndian(length, data.Length);
        _stream.Write(length);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedChecksum(length));
        _stream.Write(checksum);
        _stream.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedChecksum(data));
        _stream.Write(checksum);
    }

    /// <summary>CRC-32C, rotated and shifted as TFRecord asks, so that a checksum of data that holds checksums stays useful.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        uint checksum = uint.MaxValue;
        foreach (byte value in data)
        {
            checksum = BitOperations.Crc32C(checksum, value);
        }

        return BitOperations.RotateRight(~checksum, 15) + 0xA282EAD8;
    }

    private static byte[] TextField(int field, string text) => BytesField(field, Encoding.UTF8.GetBytes(text));

    private static byte[] BytesField(int field, byte[] content) => [.. Tag(field, Delimited), .. Number((ulong)content.Length), .. content];

    private static byte[] Tag(int field, int wireType) => [(byte)((field << 3) | wireType)];

    /// <summary>Seven bits a byte, lowest first; the top bit says that another byte follows.</summary>
    private static byte[] Number(ulong value)
    {
        List<byte> bytes = new();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
