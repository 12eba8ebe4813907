using System.IO.Compression;

namespace Fovea.Data;

/// <summary>
/// A gzip file inflated from its beginning, which stops where it has become so much larger than the file that no honest archive of images
/// is: a few megabytes can inflate to gigabytes of zeros.
/// </summary>
internal sealed class InflatingStream : Stream
{
    /// <summary>The largest ratio of inflated to compressed bytes that data beyond <see cref="FreeBytes"/> may have.</summary>
    public const int MaxRatio = 100;

    private const long FreeBytes = 64L << 20;
    private readonly GZipStream _gzip;
    private readonly string _path;
    private readonly long _limit;
    private long _position;

    /// <summary>Inflates a file.</summary>
    /// <param name="file">The file, at its beginning; closed together with this stream.</param>
    /// <param name="path">Its path, for the message.</param>
    public InflatingStream(FileStream file, string path)
    {
        (_gzip, _path) = (new GZipStream(file, CompressionMode.Decompress), path);
        _limit = Math.Max(FreeBytes, file.Length * MaxRatio);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDatasetException">The file inflates to too much.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = _gzip.Read(buffer);
        _position += read;
        return _position <= _limit
            ? read
            : throw new InvalidDatasetException(
                _path,
                $"it inflates to more than {MaxRatio} times its size, as no archive of images does. "
                + "Where you trust it, uncompress it with gunzip: a plain file is read in place.");
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }
}
