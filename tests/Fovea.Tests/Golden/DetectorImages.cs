using Fovea.Data;

namespace Fovea.Tests.Golden;

/// <summary>Images of a case of a detector, of different sizes, as a batch and back.</summary>
internal sealed class DetectorImages(GoldenCase golden)
{
    private static readonly float[] _mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] _deviation = [0.229f, 0.224f, 0.225f];
    private readonly (int[] Shape, float[] Values)[] _images = [.. golden.Inputs.Select(input => (input.Shape, input.Values))];

    public int Batch => _images.Length;

    public int Height => _images.Max(image => image.Shape[1]);

    public int Width => _images.Max(image => image.Shape[2]);

    public ImageSize SizeOf(int image) => new(_images[image].Shape[2], _images[image].Shape[1]);

    /// <summary>Writes normalised images (N, H, W, 3), each in the upper left corner of its row, with zeros around it.</summary>
    public void CopyTo(Span<float> batch)
    {
        batch.Clear();
        for (int image = 0; image < Batch; image++)
        {
            float[] values = _images[image].Values;
            for (int i = 0; i < values.Length; i++)
            {
                (int place, int channel) = PlaceOf(image, i);
                batch[place] = (values[i] - _mean[channel]) / _deviation[channel];
            }
        }
    }

    /// <summary>One image's part of the gradient of the batch, as a gradient of its values before normalisation.</summary>
    public float[] OfRawImage(int image, ReadOnlySpan<float> gradient)
    {
        float[] raw = new float[_images[image].Values.Length];
        for (int i = 0; i < raw.Length; i++)
        {
            (int place, int channel) = PlaceOf(image, i);
            raw[i] = gradient[place] / _deviation[channel];
        }

        return raw;
    }

    /// <summary>Place in the batch, and channel, of a value of an image that is stored channel after channel.</summary>
    private (int Place, int Channel) PlaceOf(int image, int index)
    {
        ImageSize size = SizeOf(image);
        (int channel, int pixel) = Math.DivRem(index, size.Height * size.Width);
        (int row, int column) = Math.DivRem(pixel, size.Width);
        return ((((((image * Height) + row) * Width) + column) * 3) + channel, channel);
    }
}
