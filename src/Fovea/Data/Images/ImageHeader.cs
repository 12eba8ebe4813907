using SkiaSharp;

namespace Fovea.Data;

/// <summary>Size and orientation of an encoded image, without decoding its pixels.</summary>
internal static class ImageHeader
{
    /// <summary>Reads the header of an image.</summary>
    /// <param name="bytes">The encoded image.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <returns>Size of the image set upright, and the orientation in which it is stored.</returns>
    /// <exception cref="InvalidImageException">This is no image that can be decoded.</exception>
    public static unsafe (ImageSize Size, ImageOrientation StoredAs) Read(byte[] bytes, string name)
    {
        fixed (byte* encoded = bytes)
        {
            using SKData data = SKData.Create((nint)encoded, bytes.Length);
            using SKCodec? codec = bytes.Length == 0 ? null : SKCodec.Create(data);
            if (codec is null || (codec.EncodedFormat == SKEncodedImageFormat.Png && bytes.AsSpan().IndexOf("eXIf"u8) >= 0))
            {
                // What the codec refuses, the decoders may take, or say why not; and it does not look at the orientation of PNG.
                Image image = ImageFile.Decode(bytes, name);
                return (new ImageSize(image.Width, image.Height), image.StoredAs);
            }

            ImageOrientation storedAs = codec.EncodedOrigin is >= SKEncodedOrigin.TopLeft and <= SKEncodedOrigin.LeftBottom
                ? (ImageOrientation)codec.EncodedOrigin
                : ImageOrientation.Upright;
            (int width, int height) = (codec.Info.Width, codec.Info.Height);
            return (storedAs.SwapsSides() ? new ImageSize(height, width) : new ImageSize(width, height), storedAs);
        }
    }
}
