using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>Resize of an image to about a network's input size, before the centre crop.</summary>
[JsonConverter(typeof(EnumWords<ResizeRule>))]
public enum ResizeRule
{
    /// <summary>Not at all. With <see cref="Preprocessing.PadTo"/>, images keep different sizes: for segmentation.</summary>
    None,

    /// <summary>The shorter side becomes <see cref="Preprocessing.ResizeTo"/> pixels; the proportions stay.</summary>
    ShorterSide,

    /// <summary>Straight to the input size; the proportions change.</summary>
    Exact,

    /// <summary>
    /// The shorter side becomes <see cref="Preprocessing.ResizeTo"/> pixels, or less where the longer one would exceed
    /// <see cref="Preprocessing.LongerSide"/>; the proportions stay. Images keep different sizes: for detectors.
    /// </summary>
    BoundedSides,
}

/// <summary>
/// Everything that turns an image into a network's input, and so travels with a checkpoint: orientation, channels, resize, centre crop,
/// normalisation.
/// </summary>
/// <remarks>
/// The steps, in order: upright or as stored, grey or RGB, <see cref="Resize"/>, <see cref="CenterCrop"/>, then
/// (value/255 − mean) / standard deviation.
/// </remarks>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record Preprocessing
{
    // A narrow strip would become gigabytes long where its shorter side grows.
    private const long MaxResizedPixels = 1L << 26;

    private float[]? _table;

    /// <summary>The input's height in pixels.</summary>
    public int Height { get; init; } = 224;

    /// <summary>The input's width in pixels.</summary>
    public int Width { get; init; } = 224;

    /// <summary>The input's channels: 1 (colour images become grey) or 3 (grey images are repeated).</summary>
    public int Channels { get; init; } = 3;

    /// <summary>
    /// True to see images upright, as the orientation in their EXIF data asks; false to see them as their files store them. The default is
    /// true; preprocessing that was written without it, by earlier versions, has false.
    /// </summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>Resize rule.</summary>
    public ResizeRule Resize { get; init; } = ResizeRule.ShorterSide;

    /// <summary>Shorter side after <see cref="ResizeRule.ShorterSide"/>, in pixels; 0 means the input's shorter side.</summary>
    public int ResizeTo { get; init; }

    /// <summary>Longest side after <see cref="ResizeRule.BoundedSides"/>, in pixels; 0 for any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int LongerSide { get; init; }

    /// <summary>Multiple that the sides of images of different sizes are padded to, with zeros right and below; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int PadTo { get; init; }

    /// <summary>
    /// True to resize by four neighbours without a filter, after normalisation, as torchvision's detectors do: for their checkpoints.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Aliased { get; init; }

    /// <summary>The filter that resizes.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bicubic;

    /// <summary>
    /// True to cut out the middle (or add black borders) where the resized image has another size; otherwise that is an error.
    /// </summary>
    public bool CenterCrop { get; init; } = true;

    /// <summary>Subtracted from each channel, on the scale 0 to 1. The default is ImageNet's.</summary>
    public float[] Mean
    {
        get;
        init => (field, _table) = (value, null);
    }

    = [0.485f, 0.456f, 0.406f];

    /// <summary>Divides each channel, on the scale 0 to 1. The default is ImageNet's.</summary>
    public float[] StandardDeviation
    {
        get;
        init => (field, _table) = (value, null);
    }

    = [0.229f, 0.224f, 0.225f];

    /// <summary>The number of floats of one prepared image: height × width × channels.</summary>
    [JsonIgnore]
    public int Length => Height * Width * Channels;

    /// <summary>
    /// Gives the shorter side before the centre crop, for <see cref="ResizeTo"/>, in the proportion that is usual on ImageNet.
    /// </summary>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="sideFor224">Shorter side for an input of 224 pixels; other inputs keep the proportion, cut to whole pixels.</param>
    public static int SideBeforeCrop(int height, int width, int sideFor224 = 256) => sideFor224 * Math.Min(height, width) / 224;

    /// <summary>
    /// Reads what <see cref="ToJson"/> wrote; left-out members have their defaults, but for <see cref="ApplyOrientation"/>, which is false.
    /// A member that is not known may change what the network sees, so it is an error.
    /// </summary>
    /// <param name="json">One JSON object.</param>
    /// <exception cref="UnusableDataException">The text is not such an object or its values do not fit together.</exception>
    public static Preprocessing FromJson(string json)
    {
        try
        {
            Preprocessing initial = new() { ApplyOrientation = false };
            Preprocessing result = JsonText.Read(JsonText.ParseObject(json), initial, PreprocessingJson.Default.Preprocessing);
            result.Validate();
            return result;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new UnusableDataException($"The preprocessing is not understood: {exception.Message}", exception);
        }
    }

    /// <summary>Writes all members as one JSON object on one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, PreprocessingJson.Default.Preprocessing);

    /// <summary>Checks that the members fit together.</summary>
    /// <exception cref="ArgumentException">They do not; the message names the member.</exception>
    public void Validate()
    {
        Require(
            Height is > 0 and <= Image.MaxSide && Width is > 0 and <= Image.MaxSide,
            $"the input size {Height}×{Width} is out of range");
        Require(Channels is 1 or 3, $"channels must be 1 or 3, not {Channels}");
        Require(ResizeTo is >= 0 and <= Image.MaxSide, $"resizeTo must be 0 or a number of pixels, not {ResizeTo}");
        Require(LongerSide is >= 0 and <= Image.MaxSide, $"longerSide must be 0 or a number of pixels, not {LongerSide}");
        Require(PadTo is >= 0 and <= Image.MaxSide, $"padTo must be 0 or a number of pixels, not {PadTo}");
        Require(Mean.Length == Channels, $"mean has {Mean.Length} numbers for {Channels} channels");
        Require(StandardDeviation.Length == Channels, $"standardDeviation has {StandardDeviation.Length} numbers for {Channels} channels");
        Require(Array.TrueForAll(Mean, float.IsFinite), "every mean must be a finite number");
        Require(
            Array.TrueForAll(StandardDeviation, value => value > 0 && float.IsFinite(value)), "every standardDeviation must be above 0");

        static void Require(bool condition, string problem)
        {
            if (!condition)
            {
                throw new ArgumentException($"Preprocessing: {problem}.");
            }
        }
    }

    /// <summary>The transforms that prepare an image as <see cref="Apply"/> does.</summary>
    /// <param name="further">Transforms of one's own, applied to pixels before normalisation.</param>
    public IReadOnlyList<ISampleTransform> Chain(params IReadOnlyList<ISampleTransform> further) =>
        [new ResizeAndCrop(this), .. further, new Normalize(this)];

    /// <summary>Prepares an image for the network.</summary>
    /// <param name="image">The image, of any size.</param>
    /// <param name="destination">[Height, Width, Channels], <see cref="Length"/> floats.</param>
    /// <exception cref="UnusableDataException">
    /// The image does not have the input's size and neither resize nor crop may change that.
    /// </exception>
    public void Apply(Image image, Span<float> destination)
    {
        using PixelBuffer pixels = Fit(image);
        Normalize(pixels, destination);
    }

    /// <summary>Preprocessing of images of different sizes, with the bounds of their sides changed by a factor.</summary>
    internal Preprocessing WithSides(double factor)
    {
        // A square that every image is padded to grows with its sides.
        int padTo = PadTo == LongerSide ? (int)Math.Round(PadTo * factor) : PadTo;
        Preprocessing changed = this with { ResizeTo = (int)Math.Round(ResizeTo * factor), PadTo = padTo };
        int longerSide = (int)Math.Round(LongerSide * factor);
        return factor == 1 ? this : longerSide > 0 ? changed.WithLongerSide(longerSide) : changed with { Width = Height };
    }

    /// <summary>Preprocessing of images of different sizes with another bound of the longer side, for which there is room then.</summary>
    /// <param name="side">Longer side in pixels that images do not exceed.</param>
    public Preprocessing WithLongerSide(int side)
    {
        int canvas = PaddedSide(side);
        return this with { LongerSide = side, Height = canvas, Width = canvas };
    }

    /// <summary>A side with padding.</summary>
    /// <param name="side">Pixels without padding.</param>
    internal int PaddedSide(int side) => PadTo > 1 ? (side + PadTo - 1) / PadTo * PadTo : side;

    /// <summary>Checks the length of a prepared image.</summary>
    /// <param name="prepared">[Height, Width, Channels].</param>
    /// <exception cref="ArgumentException">It does not have <see cref="Length"/> floats.</exception>
    internal void RequireLength(ReadOnlySpan<float> prepared)
    {
        if (prepared.Length != Length)
        {
            throw new ArgumentException(
                $"A prepared image has {Height}×{Width}×{Channels} = {Length} floats, but {prepared.Length} were given.",
                nameof(prepared));
        }
    }

    /// <summary>The image as the network sees it, before normalisation: for reports and plots.</summary>
    /// <param name="image">The image, of any size.</param>
    public Image View(Image image)
    {
        using PixelBuffer pixels = Fit(image);
        return pixels.ToImage();
    }

    /// <summary>Size below which an image would be enlarged by <see cref="Resize"/>; null where its size stays.</summary>
    [JsonIgnore]
    public ImageSize? LeastSize => Resize switch
    {
        ResizeRule.Exact => new ImageSize(Width, Height),
        ResizeRule.ShorterSide or ResizeRule.BoundedSides => new ImageSize(ShorterSide, ShorterSide),
        _ => null,
    };

    /// <summary>
    /// True if images keep different sizes, for dense tasks: those of <see cref="ResizeRule.BoundedSides"/>, and with padding those that
    /// are not resized at all.
    /// </summary>
    [JsonIgnore]
    internal bool KeepsSizes => Resize == ResizeRule.BoundedSides || (Resize == ResizeRule.None && PadTo > 0);

    /// <summary>Size of an image after <see cref="Resize"/>, before the centre crop.</summary>
    /// <param name="width">The image's columns.</param>
    /// <param name="height">The image's rows.</param>
    /// <exception cref="UnusableDataException">
    /// The resized image is too large, or neither resize nor crop may bring it to the input's size.
    /// </exception>
    internal (int Width, int Height) FittedSize(int width, int height)
    {
        (int resizedWidth, int resizedHeight) = ResizedSize(width, height);
        if ((long)resizedWidth * resizedHeight > MaxResizedPixels)
        {
            throw new UnusableDataException(
                $"The image is {width}×{height} pixels, so narrow that it would be resized to {resizedWidth}×{resizedHeight}. "
                + "Crop it or take it out.");
        }

        if (!CenterCrop && !KeepsSizes && (resizedWidth != Width || resizedHeight != Height))
        {
            throw new UnusableDataException(
                $"The image is {resizedWidth}×{resizedHeight} pixels (width × height), but the network takes {Width}×{Height}. "
                + "Resize or crop it in the preprocessing.");
        }

        return (resizedWidth, resizedHeight);
    }

    /// <summary>The image's pixels after all steps before normalisation.</summary>
    internal PixelBuffer Fit(Image image)
    {
        PixelBuffer pixels = Oriented(image);
        (int width, int height) = FittedSize(pixels.Width, pixels.Height);
        return pixels.ReplaceBy(KeepsSizes
            ? pixels.Resize(width, height, Interpolation)
            : pixels.ResizeMiddle(width, height, Interpolation, Width, Height));
    }

    /// <summary>The image's pixels, upright or as stored, grey where the input is.</summary>
    internal PixelBuffer Oriented(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        PixelBuffer pixels = PixelBuffer.Of(image);
        if (!ApplyOrientation)
        {
            pixels = pixels.Turn(image.StoredAs.Inverse());
        }

        return Channels == 1 ? pixels.ReplaceBy(pixels.ToGrey()) : pixels;
    }

    /// <summary>Writes (value/255 − mean) / standard deviation, repeating grey where the input has three channels.</summary>
    internal void Normalize(PixelBuffer buffer, Span<float> destination)
    {
        float[] table = _table ??= CreateTable();
        ReadOnlySpan<byte> pixels = buffer.Pixels;
        if (buffer.Channels == 3)
        {
            for (int i = 0; i < pixels.Length; i += 3)
            {
                destination[i] = table[pixels[i]];
                destination[i + 1] = table[256 + pixels[i + 1]];
                destination[i + 2] = table[512 + pixels[i + 2]];
            }
        }
        else
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                for (int channel = 0; channel < Channels; channel++)
                {
                    destination[(i * Channels) + channel] = table[(channel * 256) + pixels[i]];
                }
            }
        }
    }

    /// <summary>True if both prepare images in the same way.</summary>
    /// <param name="other">The other preprocessing.</param>
    public bool Equals(Preprocessing? other) => other is not null
        && (Height, Width, Channels, Resize, ResizeTo) == (other.Height, other.Width, other.Channels, other.Resize, other.ResizeTo)
        && (Interpolation, CenterCrop, ApplyOrientation) == (other.Interpolation, other.CenterCrop, other.ApplyOrientation)
        && (LongerSide, PadTo, Aliased) == (other.LongerSide, other.PadTo, other.Aliased)
        && Mean.AsSpan().SequenceEqual(other.Mean)
        && StandardDeviation.AsSpan().SequenceEqual(other.StandardDeviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Height, Width, Channels, Resize, ResizeTo, Interpolation, CenterCrop);

    private int ShorterSide => ResizeTo > 0 ? ResizeTo : Math.Min(Width, Height);

    private (int Width, int Height) ResizedSize(int width, int height)
    {
        switch (Resize)
        {
            case ResizeRule.None:
                return (width, height);
            case ResizeRule.Exact:
                return (Width, Height);
            case ResizeRule.BoundedSides:
                int most = LongerSide > 0 ? LongerSide : int.MaxValue;
                ImageSize bounded = ShortSideResize.SizeOf(new ImageSize(width, height), ShorterSide, most);
                return (bounded.Width, bounded.Height);
            default:
                // The longer side is cut to whole pixels, as torchvision does.
                int side = ShorterSide;
                return width <= height
                    ? (side, (int)((long)side * height / width))
                    : ((int)((long)side * width / height), side);
        }
    }

    private float[] CreateTable()
    {
        float[] table = new float[256 * Channels];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (((i % 256) / 255f) - Mean[i / 256]) / StandardDeviation[i / 256];
        }

        return table;
    }
}

/// <summary>Generated code for preprocessing.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Preprocessing))]
internal sealed partial class PreprocessingJson : JsonSerializerContext;
