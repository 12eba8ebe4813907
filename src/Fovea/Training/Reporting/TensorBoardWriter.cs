using System.Buffers.Binary;
using System.Numerics;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>
/// Writes scalars as a TensorBoard event file. The file is a list of records (length, its checksum, data, its checksum: TensorFlow's
/// TFRecord), each holding an <c>Event</c> message in protocol buffer encoding.
/// </summary>
internal sealed class TensorBoardWriter : IDisposable
{
    /// <summary>Prefix of the name of every event file, by which TensorBoard finds it.</summary>
    internal const string FilePrefix = "events.out.tfevents.";

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

        WriteEvent(0, message => message.Add(3, "brain.Event:2"));
        if (resumeStep is long step)
        {
            // SessionLog { status: START }
            WriteEvent(step, message => message.Add(7, new ProtoMessage().Add(1, 1)));
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
        ProtoMessage summary = new ProtoMessage().Add(1, new ProtoMessage().Add(1, tag).Add(2, (float)value));
        WriteEvent(step, message => message.Add(5, summary));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private void WriteEvent(long step, Action<ProtoMessage> addContent)
    {
        ProtoMessage message = new ProtoMessage().Add(1, _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1e3).Add(2, step);
        addContent(message);
        using MemoryStream data = new();
        message.WriteTo(data);
        try
        {
            WriteRecord(data.GetBuffer().AsSpan(0, (int)data.Length));
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
}
