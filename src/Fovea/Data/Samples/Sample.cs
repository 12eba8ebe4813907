namespace Fovea.Data;

/// <summary>
/// An image on its way into a batch, together with its target: a label, a distribution over classes, objects, a mask, or several of them.
/// </summary>
/// <remarks>
/// Geometric changes (<see cref="Crop"/>, <see cref="Resize"/>, <see cref="FlipHorizontal"/>, <see cref="Turn"/>,
/// <see cref="Warp"/>) carry objects, each with box and mask, and the mask of classes along.
/// A loader's thread uses one sample for all its images, so that preparing them allocates nothing. Not safe for several threads at once.
/// </remarks>
public sealed class Sample : IDisposable
{
    private readonly List<Instance> _instances = [];
    private PixelBuffer? _pixels;
    private PixelBuffer? _mask;
    private float[] _values = [];
    private float[] _distribution = [];
    private int _classes;
    private ImageOrientation _storedAs = ImageOrientation.Upright;
    private (int Height, int Width, int Channels) _valueShape;

    /// <summary>Index of the image in its source.</summary>
    public int Index { get; private set; } = -1;

    /// <summary>Columns.</summary>
    public int Width => _pixels is PixelBuffer pixels ? pixels.Width : _valueShape.Width;

    /// <summary>Rows.</summary>
    public int Height => _pixels is PixelBuffer pixels ? pixels.Height : _valueShape.Height;

    /// <summary>Channels, 1 or 3.</summary>
    public int Channels => _pixels is PixelBuffer pixels ? pixels.Channels : _valueShape.Channels;

    /// <summary>True once the pixels became numbers for the network: <see cref="Values"/> instead of <see cref="Pixels"/>.</summary>
    public bool IsNormalized => _pixels is null && Index >= 0;

    /// <summary>The pixels, (Height, Width, Channels).</summary>
    /// <exception cref="InvalidOperationException">The sample is normalised, or holds no image.</exception>
    public ReadOnlySpan<byte> Pixels => Buffer.Pixels;

    /// <summary>The numbers that the network sees, (Height, Width, Channels); empty before normalisation.</summary>
    public Span<float> Values => IsNormalized ? _values.AsSpan(0, _valueShape.Height * _valueShape.Width * _valueShape.Channels) : [];

    /// <summary>Index of the image's class; −1 for none.</summary>
    public int Label { get; set; } = -1;

    /// <summary>Probability of each class, (classes); empty for none.</summary>
    public ReadOnlySpan<float> Distribution => _distribution.AsSpan(0, _classes);

    /// <summary>Objects in the image: boxes in pixels, with masks of the image's size where they are known.</summary>
    public IList<Instance> Instances => _instances;

    /// <summary>Class index of each pixel, (Height, Width); empty for none. Normalisation leaves the mask as it is.</summary>
    public ReadOnlySpan<byte> Mask => _mask is PixelBuffer mask ? mask.Pixels : [];

    /// <summary>Class index that the mask has outside the image; 255 by default, which is widely read as "not counted".</summary>
    public byte MaskOutside { get; set; } = byte.MaxValue;

    /// <summary>The pixels as a buffer, for changes inside this assembly.</summary>
    internal PixelBuffer Buffer => _pixels ?? throw new InvalidOperationException(
        Index < 0
            ? "The sample holds no image yet: call Start first."
            : "The sample is normalised: a transform of pixels must stand before Normalize in the chain.");

    /// <summary>Begins with another image, without a target.</summary>
    /// <param name="image">The image; its pixels are not written to.</param>
    /// <param name="index">Its index in the source.</param>
    public void Start(Image image, int index = 0)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        Dispose();
        (_pixels, Index, _storedAs) = (PixelBuffer.Of(image), index, image.StoredAs);
        (Label, _classes) = (-1, 0);
        _instances.Clear();
    }

    /// <summary>Sets the probability of each class.</summary>
    /// <param name="probabilities">A number for each class; they are copied.</param>
    public void SetDistribution(ReadOnlySpan<float> probabilities)
    {
        if (_distribution.Length < probabilities.Length)
        {
            _distribution = new float[probabilities.Length];
        }

        probabilities.CopyTo(_distribution);
        _classes = probabilities.Length;
    }

    /// <summary>Sets the class index of each pixel.</summary>
    /// <param name="mask">An image of one channel and of the sample's size; its pixels are not written to.</param>
    /// <exception cref="ArgumentException">The mask has another size, or three channels.</exception>
    public void SetMask(Image mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        if (mask.Channels != 1 || mask.Width != Width || mask.Height != Height)
        {
            throw new ArgumentException(
                $"The mask has {mask.Width}×{mask.Height} pixels of {mask.Channels} channels; the image asks for {Width}×{Height} of 1.",
                nameof(mask));
        }

        _mask?.Dispose();
        _mask = PixelBuffer.Of(mask);
    }

    /// <summary>Replaces the pixels, with objects and mask left as they are: for changes of colour.</summary>
    /// <param name="image">The new image; its pixels are not written to.</param>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void SetImage(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Replace(Buffer, PixelBuffer.Of(image));
    }

    /// <summary>The pixels, (Height, Width, Channels), to be changed in place; those of the source stay as they are.</summary>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public Span<byte> WritablePixels()
    {
        Span<byte> values = Buffer.Writable(out PixelBuffer writable);
        _pixels = writable;
        return values;
    }

    /// <summary>Copy of the pixels as an image.</summary>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public Image ToImage() => Buffer.ToImage();

    /// <summary>Converts to one channel, as <see cref="Transforms.ToGrey"/> does.</summary>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void ToGrey() => Replace(Buffer, Buffer.ToGrey());

    /// <summary>Cuts a window out. Boxes are clipped at its border; objects outside are removed.</summary>
    /// <param name="left">The window's first column, possibly negative.</param>
    /// <param name="top">The window's first row, possibly negative.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    /// <param name="border">
    /// Pixels beyond the image: black, with the class <see cref="MaskOutside"/> in a mask, or the mirror image, in a mask likewise; a box
    /// is not mirrored.
    /// </param>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void Crop(int left, int top, int width, int height, BorderMode border = BorderMode.Black)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (border == BorderMode.Reflect)
        {
            Replace(Buffer, Buffer.CropReflected(left, top, width, height));
            _mask = _mask is PixelBuffer mask ? mask.ReplaceBy(mask.CropReflected(left, top, width, height)) : null;
        }
        else
        {
            Replace(Buffer, Buffer.Crop(left, top, width, height));
            _mask = _mask is PixelBuffer mask ? mask.ReplaceBy(mask.Crop(left, top, width, height, MaskOutside)) : null;
        }

        Move(
            (left, top, width, height),
            static (box, by) => box.Within(by.left, by.top, by.width, by.height),
            static (mask, by) => MaskTransforms.Crop(mask, by.left, by.top, by.width, by.height));
    }

    /// <summary>
    /// Rotates, shears or moves the image, whose size stays. A mask takes the nearest pixel's class and <see cref="MaskOutside"/> where
    /// there is none. A box becomes the smallest upright one around its corners, clipped at the border; objects outside are removed.
    /// </summary>
    /// <param name="map">Map from the points of the new image to those of the image before.</param>
    /// <param name="interpolation">The filter of the image.</param>
    /// <param name="fill">Colour of what moves in from outside; one that is not grey makes a grey image a colour one.</param>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void Warp(in AffineMap map, Interpolation interpolation = Interpolation.Bilinear, Rgb fill = default)
    {
        Replace(Buffer, Buffer.Warp(map, interpolation, fill));
        Rgb outside = new(MaskOutside, MaskOutside, MaskOutside);
        _mask = _mask is PixelBuffer mask ? mask.ReplaceBy(mask.Warp(map, Interpolation.Nearest, outside)) : null;
        Move(
            (map, Width, Height),
            static (box, by) => box.Warped(by.map).Within(0, 0, by.Width, by.Height),
            static (mask, by) => MaskTransforms.Warp(mask, by.map));
    }

    /// <summary>Cuts the middle out, as <see cref="Transforms.CenterCrop"/> does.</summary>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void CenterCrop(int width, int height) =>
        Crop(PixelBuffer.Middle(Width, width), PixelBuffer.Middle(Height, height), width, height);

    /// <summary>Resizes as <see cref="Transforms.Resize"/> does; each pixel of a mask takes the nearest one's class.</summary>
    /// <param name="width">The new width.</param>
    /// <param name="height">The new height.</param>
    /// <param name="interpolation">The filter of the image.</param>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void Resize(int width, int height, Interpolation interpolation = Interpolation.Bilinear)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        (float horizontal, float vertical) = ((float)width / Width, (float)height / Height);
        Replace(Buffer, Buffer.Resize(width, height, interpolation));
        _mask = _mask is PixelBuffer mask ? mask.ReplaceBy(mask.ResizeNearest(width, height)) : null;
        Move(
            (horizontal, vertical, width, height),
            static (box, by) => box.Scaled(by.horizontal, by.vertical),
            static (mask, by) => MaskTransforms.Resize(mask, by.width, by.height));
    }

    /// <summary>Mirrors left to right.</summary>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void FlipHorizontal()
    {
        Replace(Buffer, Buffer.FlipHorizontal());
        _mask = _mask is PixelBuffer mask ? mask.ReplaceBy(mask.FlipHorizontal()) : null;
        Move(Width, static (box, width) => box.Mirrored(width), static (mask, _) => MaskTransforms.FlipHorizontal(mask));
    }

    /// <summary>Turns or mirrors image, objects and mask.</summary>
    /// <param name="from">Position that is to become upright.</param>
    /// <exception cref="InvalidOperationException">The sample is normalised.</exception>
    public void Turn(ImageOrientation from)
    {
        if (from == ImageOrientation.Upright)
        {
            return;
        }

        Move(
            (Width, Height, from),
            static (box, by) => box.Turned(by.Width, by.Height, by.from),
            static (mask, by) => MaskTransforms.Turn(mask, by.from));
        Replace(Buffer, Buffer.Turn(from));
        _mask = _mask is PixelBuffer mask ? mask.ReplaceBy(mask.Turn(from)) : null;
    }

    /// <summary>Takes image, objects and mask as the file stores them, where a preprocessing does not want them upright.</summary>
    /// <param name="preprocessing">Preprocessing that begins the chain.</param>
    internal void Orient(Preprocessing preprocessing)
    {
        if (preprocessing.ApplyOrientation || _storedAs == ImageOrientation.Upright)
        {
            return;
        }

        Turn(_storedAs.Inverse());
        _storedAs = ImageOrientation.Upright;
    }

    /// <summary>Turns the pixels into the numbers that a network sees; from then on only <see cref="Values"/> may change.</summary>
    /// <param name="preprocessing">Channels, mean and standard deviation; its size does not matter here.</param>
    /// <exception cref="InvalidOperationException">The sample is normalised already.</exception>
    public void Normalize(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        if (preprocessing.Channels == 1)
        {
            ToGrey();
        }

        using PixelBuffer pixels = Buffer;
        _pixels = null;
        _valueShape = (pixels.Height, pixels.Width, preprocessing.Channels);
        int length = pixels.Height * pixels.Width * preprocessing.Channels;
        if (_values.Length < length)
        {
            _values = new float[length];
        }

        preprocessing.Normalize(pixels, _values.AsSpan(0, length));
    }

    /// <summary>Returns rented memory; the sample can be used again with <see cref="Start"/>.</summary>
    public void Dispose()
    {
        _pixels?.Dispose();
        _mask?.Dispose();
        (_pixels, _mask, Index, _valueShape) = (null, null, -1, default);
    }

    /// <summary>Goes on with other pixels, of the same size; objects and mask stay as they are.</summary>
    /// <param name="next">A buffer that was made from <see cref="Buffer"/>, or that one itself.</param>
    internal void Recolor(PixelBuffer next) => Replace(Buffer, next);

    private void Replace(PixelBuffer old, PixelBuffer next) => _pixels = old.ReplaceBy(next);

    /// <summary>
    /// Moves box and mask of each object; one whose box has no area or whose mask no pixel any more is removed. Without masks nothing is
    /// allocated.
    /// </summary>
    private void Move<T>(T by, Func<Box, T, Box> moveBox, Func<RunLengthMask, T, RunLengthMask> moveMask)
    {
        int kept = 0;
        for (int i = 0; i < _instances.Count; i++)
        {
            Box box = moveBox(_instances[i].Box, by);
            if (box.Area <= 0)
            {
                continue;
            }

            RunLengthMask? mask = _instances[i].Mask is RunLengthMask before ? moveMask(before, by) : null;
            if (mask is not { Area: 0 })
            {
                _instances[kept++] = _instances[i].Moved(box, mask);
            }
        }

        _instances.RemoveRange(kept, _instances.Count - kept);
    }
}
