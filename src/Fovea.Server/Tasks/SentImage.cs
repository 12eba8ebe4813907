using Fovea.Data;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>An encoded image of a request.</summary>
/// <param name="Name">Name under which it was sent; never a path of this machine.</param>
/// <param name="Bytes">The encoded image.</param>
internal sealed record SentImage(string Name, byte[] Bytes)
{
    /// <summary>Decodes the image, after a look at its kind.</summary>
    /// <exception cref="RequestException">The file is no image of a kind that is read.</exception>
    /// <exception cref="InvalidImageException">The image is damaged or too large.</exception>
    public Image Decode()
    {
        ImageKind kind = ImageKinds.Of(Bytes.AsSpan(0, Math.Min(Bytes.Length, ImageKinds.SignatureLength)));
        try
        {
            return ImageFile.Decode(Bytes, Name);
        }
        catch (InvalidImageException error) when (!kind.IsDecoded() && kind != ImageKind.Empty)
        {
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, error.Message, error);
        }
        catch (InvalidImageException error) when (error.Remedies.Any(remedy => remedy is Remedy.RaiseImageLimit))
        {
            string message = error.Explain(_ => "Make it smaller first.");
            throw new RequestException(StatusCodes.Status413PayloadTooLarge, message, error);
        }
    }
}
