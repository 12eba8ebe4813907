namespace Fovea.Explanations;

/// <summary>Classes that a segmentation network predicts at the pixels of its logits' map; those of padding belong to none.</summary>
internal sealed class PixelPredictions
{
    private readonly int _height;
    private readonly int _width;
    private readonly int _classes;

    /// <summary>Takes the class of the largest logit of each pixel.</summary>
    /// <param name="logits">Logits (H, W, classes).</param>
    /// <param name="shape">Rows, columns, classes.</param>
    /// <param name="input">The image.</param>
    public PixelPredictions(ReadOnlySpan<float> logits, (int Height, int Width, int Classes) shape, ExplainedInput input)
    {
        (_height, _width, _classes) = shape;
        Classes = new int[_height * _width];
        for (int pixel = 0; pixel < Classes.Length; pixel++)
        {
            (int row, int column) = Math.DivRem(pixel, _width);
            bool isImage = row * input.Height < input.ImageHeight * _height && column * input.Width < input.ImageWidth * _width;
            Classes[pixel] = isImage ? Largest(logits.Slice(pixel * _classes, _classes)) : -1;
        }
    }

    /// <summary>Class of each pixel; −1 in the padding.</summary>
    public int[] Classes { get; }

    /// <summary>Classes that some pixel has, in ascending order.</summary>
    public IEnumerable<int> Present => Classes.Where(index => index >= 0).Distinct().Order();

    /// <summary>Class that most pixels have.</summary>
    public int MostFrequent => Present.MaxBy(index => Classes.Count(one => one == index));

    /// <summary>Pixel that a point of the image lies in.</summary>
    /// <param name="point">The point.</param>
    /// <param name="input">The image.</param>
    /// <exception cref="ExplanationException">The point lies outside of the image.</exception>
    public int PixelOf(ImagePoint point, ExplainedInput input)
    {
        (int row, int column) = ExplanationChecks.CellOf(point, input, _height, _width);
        return (row * _width) + column;
    }

    /// <summary>Choice (H, W, classes) of one pixel in all classes.</summary>
    /// <param name="pixel">The pixel.</param>
    public float[] OnePixel(int pixel)
    {
        float[] chosen = new float[Classes.Length * _classes];
        chosen.AsSpan(pixel * _classes, _classes).Fill(1);
        return chosen;
    }

    /// <summary>Choice (H, W, classes) of the pixels of each class.</summary>
    public float[] RegionOfEach()
    {
        float[] chosen = new float[Classes.Length * _classes];
        for (int pixel = 0; pixel < Classes.Length; pixel++)
        {
            if (Classes[pixel] >= 0)
            {
                chosen[(pixel * _classes) + Classes[pixel]] = 1;
            }
        }

        return chosen;
    }

    private static int Largest(ReadOnlySpan<float> logits)
    {
        int largest = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            largest = logits[i] > logits[largest] ? i : largest;
        }

        return largest;
    }
}
