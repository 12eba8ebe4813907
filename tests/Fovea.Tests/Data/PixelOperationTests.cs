using System.Globalization;
using Fovea.Data;
using Fovea.Tests.Library;

namespace Fovea.Tests.Data;

/// <summary>Operations on pixels against Pillow's results, which <c>pixels/make_expected.py</c> writes.</summary>
public sealed class PixelOperationTests
{
    private static readonly Rgb _fill = new(124, 116, 104);

    private static readonly string[][] _expected =
    [
        .. from line in File.ReadLines(Path.Combine(ChildProcess.Repository, "tests/Fovea.Tests/Data/pixels/expected.txt"))
           select line.Split(' '),
    ];

    public static TheoryData<string> Operations => [.. _expected.Select(words => words[5]).Distinct()];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Results_equal_those_of_Pillow_to_the_bit(string operation)
    {
        string[] different =
        [
            .. from words in _expected
               where words[5] == operation
               let image = Make(words[0], Number(words[1]), Number(words[2]), Number(words[3]))
               where TestData.Digest(Apply(image, operation, words[6..]).Pixels) != words[4]
               select string.Join(' ', words),
        ];
        Assert.True(different.Length == 0, $"{different.Length} results differ:\n{string.Join('\n', different)}");
    }

    [Fact]
    public void The_image_of_the_source_stays_as_it_was()
    {
        Image image = Make("smooth", 16, 12, 3);
        byte[] before = [.. image.Pixels];
        foreach (PixelOperation operation in Enum.GetValues<PixelOperation>())
        {
            using Sample sample = new();
            sample.Start(image);
            operation.Apply(1.5, sample, Interpolation.Bilinear, _fill);
            Assert.Equal(before, image.Pixels);
        }
    }

    private static Image Apply(Image image, string operation, string[] arguments)
    {
        double argument = arguments.Length > 0 ? double.Parse(arguments[0], CultureInfo.InvariantCulture) : 0;
        Interpolation interpolation = arguments.Length > 1 ? Enum.Parse<Interpolation>(arguments[1], ignoreCase: true) : default;
        using Sample sample = new();
        sample.Start(image);
        switch (operation)
        {
            case "grey":
                sample.ToGrey();
                return image.Channels == 1 ? sample.ToImage() : Repeat(sample.ToImage());
            case "hue":
                sample.Recolor(Hues.Turn(sample.Buffer, argument));
                break;
            case "blur":
                sample.Recolor(GaussianBlurring.Blur(sample.Buffer, argument));
                break;
            default:
                Rgb fill = image.Channels == 1 ? new Rgb(_fill.Red, _fill.Red, _fill.Red) : _fill;
                Enum.Parse<PixelOperation>(operation, ignoreCase: true).Apply(argument, sample, interpolation, fill);
                break;
        }

        return sample.ToImage();
    }

    private static Image Make(string formula, int width, int height, int channels)
    {
        if (formula == "lively")
        {
            return TestData.Pattern(width, height, channels);
        }

        byte[] pixels = new byte[width * height * channels];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int x, int y, int channel) = (i / channels % width, i / channels / width, i % channels);
            pixels[i] = (byte)(formula == "flat" ? 77 : 40 + (((x * (3 + channel)) + (y * 2) + (channel * 17)) % 140) + (x * y % 5));
        }

        return new Image(width, height, channels, pixels);
    }

    private static Image Repeat(Image grey) =>
        new(grey.Width, grey.Height, 3, [.. grey.Pixels.SelectMany(value => Enumerable.Repeat(value, 3))]);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
