using System.Globalization;

namespace Fovea.Client;

/// <summary>Choices for an explanation; what is left out, the server chooses as <c>fovea explain</c> does.</summary>
public sealed record ExplanationRequest
{
    /// <summary>
    /// Name of the method: <c>grad-cam</c>, <c>attention</c>, <c>rollout</c>, <c>integrated-gradients</c>, <c>occlusion</c>….
    /// </summary>
    public string? Method { get; init; }

    /// <summary>Names of the classes to explain, one map each; the most probable class where empty.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Name of the layer, such as <c>stage3</c>.</summary>
    public string? Layer { get; init; }

    /// <summary>Number of the head of an attention, from 0; the mean of all where null.</summary>
    public int? Head { get; init; }

    /// <summary>Point of the image, in pixels from its left upper corner, whose attention is shown.</summary>
    public (double X, double Y)? At { get; init; }

    /// <summary>Options of the address, each behind an ampersand but the first.</summary>
    internal string ToQuery()
    {
        List<(string Name, string Value)> options = [.. Classes.Select(name => ("class", name))];
        Add("method", Method);
        Add("layer", Layer);
        Add("head", Head?.ToString(CultureInfo.InvariantCulture));
        Add("at", At is (double x, double y) ? string.Create(CultureInfo.InvariantCulture, $"{x},{y}") : null);
        return string.Join('&', options.Select(option => $"{option.Name}={Uri.EscapeDataString(option.Value)}"));

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                options.Add((name, value));
            }
        }
    }
}
