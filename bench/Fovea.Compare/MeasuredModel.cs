using System.Globalization;
using Fovea.Engine.Graph;
using Fovea.Models;

namespace Fovea.Compare;

/// <summary>A model at a size, as the command line names it: <c>cmt_s</c>, <c>cmt_ti@160</c>.</summary>
/// <param name="Name">The model's registered name.</param>
/// <param name="Size">Side of the images in pixels; the model's own where null.</param>
internal sealed record MeasuredModel(string Name, int? Size)
{
    /// <summary>Reads a model.</summary>
    /// <param name="text">Its name, and behind an @ its size where it is not the model's own.</param>
    /// <exception cref="OptionException">There is no such model, or it does not take the size.</exception>
    public static MeasuredModel Parse(string text)
    {
        string[] parts = text.Split('@');
        int size = 0;
        if (parts.Length > 2 || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out size)))
        {
            throw new OptionException($"--models {text} is not understood: give names such as cmt_s, or with a size cmt_ti@160.");
        }

        MeasuredModel model = new(parts[0], parts.Length == 2 ? size : null);
        try
        {
            model.Create();
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            throw new OptionException($"--models {text}: {error.Message.Split(" (Parameter")[0].TrimEnd('.')}.");
        }

        return model;
    }

    /// <summary>Changes to the registered variant.</summary>
    public ModelOptions Options => new(Height: Size, Width: Size);

    /// <summary>Makes the network, without weights.</summary>
    public Network Create() => ModelRegistry.Create(Name, Options);

    /// <inheritdoc/>
    public override string ToString() => Size is int size ? $"{Name}@{size}" : Name;
}
