namespace Fovea.Data;

/// <summary>
/// Facts about Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv 1708.07747): 28×28 grey images of clothing in ten classes.
/// </summary>
public static class FashionMnist
{
    /// <summary>The mean of the training images' pixels, on the scale 0 to 1.</summary>
    public const float Mean = 0.2860f;

    /// <summary>The standard deviation of the training images' pixels, on the scale 0 to 1.</summary>
    public const float StandardDeviation = 0.3530f;

    /// <summary>The classes in the order of the labels.</summary>
    public static IReadOnlyList<string> Classes { get; } =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <summary>
    /// The folder of the full set where Debian's package <c>dataset-fashion-mnist</c> put it; null where it is not installed.
    /// </summary>
    public static string? FullLocation =>
        IdxDataset.Exists(FullFolder) && IdxDataset.Exists(FullFolder, test: true) ? FullFolder : null;

    /// <summary>The folder of Debian's package, whether or not it is installed.</summary>
    internal static string FullFolder => "/usr/share/datasets/fashion-mnist";

    /// <summary>The preprocessing that suits the set: 28×28, one channel, no resizing, normalised.</summary>
    public static Preprocessing Preprocessing { get; } = new()
    {
        Height = 28,
        Width = 28,
        Channels = 1,
        Resize = ResizeRule.None,
        Mean = [Mean],
        StandardDeviation = [StandardDeviation],
    };
}
