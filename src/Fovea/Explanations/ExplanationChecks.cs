using System.Globalization;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>Checks of what options ask for; what cannot be is an error that names what can.</summary>
internal static class ExplanationChecks
{
    // More names than people read in a message.
    private const int MostNames = 12;

    /// <summary>Checks that a method applies and that the options beside it mean something to it.</summary>
    /// <exception cref="ExplanationException">They do not.</exception>
    public static void Validate(ExplainedNetwork network, ExplanationOptions options, IReadOnlyList<string> classes)
    {
        ExplanationMethod method = options.Method ?? network.DefaultMethod;
        RequireMethod(network, method);
        Require(options.Steps >= 1, $"{options.Steps} steps are too few", nameof(options.Steps), "1 or more");
        Require(options.Window is null or >= 1, $"a window of {options.Window} pixels blanks nothing", nameof(options.Window), "1 or more");
        Require(options.Stride is null or >= 1, $"windows cannot be {options.Stride} pixels apart", nameof(options.Stride), "1 or more");
        Require(
            options.Detection is null or >= 0, $"there is no detection {options.Detection}", nameof(options.Detection), "0 or more");
        if (options.Detection is not null && network.Task != VisionTask.Detection)
        {
            throw new ExplanationException(
                "The network finds no objects, so that none can be explained",
                new Remedy.ChooseExplanation(nameof(options.Detection), []));
        }

        bool attends = method == ExplanationMethod.Attention;
        Unused(options.At is not null && !attends && network.Task != VisionTask.Segmentation, nameof(options.At));
        Unused(options.Head is not null && !attends && method != ExplanationMethod.Classes, nameof(options.Head));
        Unused(options.Layer is not null && method is (ExplanationMethod.Rollout or ExplanationMethod.Classes), nameof(options.Layer));
        Unused(options.GradientWeighted && method != ExplanationMethod.Rollout, nameof(options.GradientWeighted));
        Unused(options.Classes.Count > 0 && attends, nameof(options.Classes));
        foreach (string name in options.Classes)
        {
            ClassOf(classes, name);
        }

        if (attends || method == ExplanationMethod.Classes)
        {
            RequireHead(attends ? network.FindAttention(options.Layer, options.At is not null) : network.ClassAttention!, options.Head);
        }
        else if (options.Layer is not null)
        {
            network.FindMap(options.Layer);
        }

        void Unused(bool isUnused, string member)
        {
            if (isUnused)
            {
                throw new ExplanationException(
                    $"The method {method.Name()} has no use for {Words(member)}", new Remedy.ChooseExplanation(member, []));
            }
        }

        static void Require(bool condition, string problem, string member, string values)
        {
            if (!condition)
            {
                throw new ExplanationException(
                    char.ToUpperInvariant(problem[0]) + problem[1..], new Remedy.ChooseExplanation(member, [values]));
            }
        }
    }

    /// <summary>Checks that a method applies.</summary>
    /// <exception cref="ExplanationException">It does not; the message names those that do.</exception>
    public static void RequireMethod(ExplainedNetwork network, ExplanationMethod method)
    {
        if (!network.Methods.Contains(method))
        {
            string reason = method switch
            {
                ExplanationMethod.Classes or ExplanationMethod.Rollout when network.IsDense => "no class token that its answers depend on",
                ExplanationMethod.Classes => "no token of its own for each class",
                ExplanationMethod.Rollout => "no class token that attends in its last attention, along which attention could be rolled out",
                ExplanationMethod.Attention => "no attention",
                _ => "no marked map that its scores depend on",
            };
            throw new ExplanationException(
                $"The method {method.Name()} does not apply: the network has {reason}",
                new Remedy.ChooseExplanation(nameof(ExplanationOptions.Method), [.. network.Methods.Select(one => one.Name())]));
        }
    }

    /// <summary>Checks that an attention has a head.</summary>
    /// <exception cref="ExplanationException">It does not.</exception>
    private static void RequireHead(ExplainableLayer layer, int? head)
    {
        if (head is int index && (index < 0 || index >= layer.Heads))
        {
            throw new ExplanationException(
                $"{layer.Name} has no head {index}: it has {layer.Heads}, counted from 0",
                new Remedy.ChooseExplanation(
                    nameof(ExplanationOptions.Head), [layer.Heads == 1 ? "0" : $"a number from 0 to {layer.Heads - 1}"]));
        }
    }

    /// <summary>Cell of a grid over the network's input that a point of the image lies in.</summary>
    /// <exception cref="ExplanationException">The point lies outside of what the network sees.</exception>
    public static (int Row, int Column) CellOf(ImagePoint point, ExplainedInput input, int height, int width)
    {
        ImageRegion seen = input.Seen;
        return seen.CellOf(point, 1, 1) is not null && input.Region.CellOf(point, height, width) is (int, int) cell
            ? cell
            : throw new ExplanationException(
                string.Create(CultureInfo.InvariantCulture, $"The network does not see the point {point.X:0.##},{point.Y:0.##}"),
                new Remedy.ChooseExplanation(nameof(ExplanationOptions.At),
                [
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"a point from {seen.Left:0.##},{seen.Top:0.##} up to {seen.Right:0.##},{seen.Bottom:0.##}"),
                ]));
    }

    /// <summary>Index of a class by name, or by index where no class has the name.</summary>
    /// <exception cref="ExplanationException">There is no such class.</exception>
    public static int ClassOf(IReadOnlyList<string> classes, string name)
    {
        int index = classes.ToList().IndexOf(name);
        if (index >= 0)
        {
            return index;
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < classes.Count
            ? number
            : throw new ExplanationException(
                $"There is no class {ExceptionText.Quote(name)} among the {classes.Count} of the model",
                new Remedy.ChooseExplanation(nameof(ExplanationOptions.Classes), Likely(name, classes)));
    }

    /// <summary>Error of a layer that is not there.</summary>
    public static ExplanationException NoLayer(string name, string kind, IReadOnlyList<string> names) => new(
        $"There is no {kind} {ExceptionText.Quote(name)} that could be explained",
        new Remedy.ChooseExplanation(nameof(ExplanationOptions.Layer), Likely(name, names)));

    /// <summary>Error of a map that the scores do not depend on.</summary>
    public static ExplanationException Unread(string name, IReadOnlyList<string> names, bool isDense) => new(
        $"The scores do not depend on {name}: behind it, only {(isDense ? "boxes are proposed" : "class tokens are read")}",
        new Remedy.ChooseExplanation(nameof(ExplanationOptions.Layer), Likely(name, names)));

    /// <summary>Error of a detection that is not there.</summary>
    public static ExplanationException NoDetection(int index, int count) => count == 0
        ? new ExplanationException(
            "The network finds no object in the image, and so none to explain",
            new Remedy.Advice("Take an image in which it finds one."))
        : new ExplanationException(
            $"There is no detection {index}: the network finds {count} {(count == 1 ? "object" : "objects")}, counted from 0",
            new Remedy.ChooseExplanation(
                nameof(ExplanationOptions.Detection), [count == 1 ? "0" : $"a number from 0 to {count - 1}"]));

    /// <summary>Error of a class that no pixel is predicted as.</summary>
    public static ExplanationException NoRegion(string name, IReadOnlyList<string> present) => new(
        $"No pixel is predicted as {ExceptionText.Quote(name)}",
        new Remedy.ChooseExplanation(nameof(ExplanationOptions.Classes), Likely(name, present)));

    /// <summary>Error of a point where only class tokens attend.</summary>
    public static ExplanationException NoPoints(string? name) => new(
        $"Only class tokens attend in {name ?? "this network"}, no points of the image",
        new Remedy.ChooseExplanation(nameof(ExplanationOptions.At), []));

    /// <summary>The names, or where they are many, the likeliest of them.</summary>
    private static string[] Likely(string name, IReadOnlyList<string> names) => names.Count <= MostNames
        ? [.. names]
        : [.. names.OrderBy(known => Spelling.Edits(name, known)).Take(3)];

    private static string Words(string member) => member switch
    {
        nameof(ExplanationOptions.At) => "a point",
        nameof(ExplanationOptions.Head) => "a head",
        nameof(ExplanationOptions.Layer) => "a layer",
        nameof(ExplanationOptions.Classes) => "a class",
        _ => "gradients as weights",
    };
}
