using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli.Terminal;
using Fovea.Formats;
using Fovea.Formats.PyTorch;

namespace Fovea.Cli.Verbs;

/// <summary>
/// <c>fovea doctor CHECKPOINT</c>: what a checkpoint is, whose weights it holds, and what keeps it from being loaded. No values are read.
/// </summary>
internal sealed class DoctorVerb : Verb
{
    private const int ModelsShown = 5;
    private const int NamesShown = 5;

    private readonly Argument<string> _checkpoint;
    private readonly Option<string> _model;
    private readonly Option<string> _weights;

    /// <summary>Declares the verb.</summary>
    public DoctorVerb()
        : base(
            "doctor",
            "Tell which model a checkpoint belongs to and what keeps it from being loaded, with remedies. Ends with 0 when it would "
                + "load, with 1 when not.",
            "fovea doctor cmt_small.pth",
            "fovea doctor weights.bin --model pit_s --json")
    {
        _checkpoint = AddArgument<string>("CHECKPOINT", "A checkpoint of PyTorch or safetensors; told by its content.");
        _model = AddOption<string>("--model", "The model that it should be. [default: the likeliest]");
        _weights = AddOption<string>("--weights", "The dictionary in the file, such as model_ema. [default: the one that fits]");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string? model = context.Value(_model);
        if (model is not null)
        {
            ModelChoice.CheckName(model);
        }

        using CheckpointFile file = CheckpointFile.Open(ShippedNetworks.Resolve(context.Value(_checkpoint)));
        CheckpointDiagnosis diagnosis = new(file, model, context.Value(_weights));
        ShowFile(context, diagnosis);
        ShowModels(context, diagnosis);
        ShowVerdict(context, diagnosis);
        return Task.FromResult(diagnosis.Problems.Count == 0 ? ExitCodes.Success : ExitCodes.Failure);
    }

    private static void ShowFile(VerbContext context, CheckpointDiagnosis diagnosis)
    {
        CheckpointFile file = diagnosis.File;
        TensorInfo[] tensors = [.. file.Tensors];
        string types = string.Join(
            ", ",
            tensors.GroupBy(info => info.ElementType).OrderByDescending(group => group.Sum(info => info.Count)).Select(group => group.Key));
        context.Output.WriteLine($"{file.Path}: {file.Format}, {tensors.Length} tensors of {types}");
        context.Output.WriteLine();
        StateDict[] dictionaries =
        [
            .. file.StateDicts, .. file.StateDicts.Any(one => one.KeyPath == diagnosis.Weights.KeyPath) ? [] : new[] { diagnosis.Weights },
        ];
        Table table = new("dictionary", "tensors", "values", "");
        JsonArray answers = [];
        foreach (StateDict dictionary in dictionaries)
        {
            long values = dictionary.TensorInfos.Sum(info => info.Count);
            bool chosen = dictionary.KeyPath == diagnosis.Weights.KeyPath;
            string wrapper = dictionary.Wrapper.Length > 0 ? $" (without {dictionary.Wrapper})" : "";
            table.Add(
                (dictionary.KeyPath.Length > 0 ? dictionary.KeyPath : "the whole file") + wrapper,
                Numbers.Whole(dictionary.Count),
                Numbers.Count(values),
                chosen ? "looked at" : dictionary.KeyPath.Length > 0 ? "--weights " + dictionary.KeyPath : "");
            answers.Add((JsonNode)new JsonObject
            {
                ["keyPath"] = dictionary.KeyPath,
                ["wrapper"] = dictionary.Wrapper,
                ["tensors"] = dictionary.Count,
                ["values"] = values,
                ["chosen"] = chosen,
            });
        }

        context.Write(table);
        context.Output.WriteLine();
        context.Result["path"] = file.Path;
        context.Result["format"] = file.Format;
        context.Result["tensors"] = tensors.Length;
        context.Result["types"] = types;
        context.Result["dictionaries"] = answers;
    }

    private static void ShowModels(VerbContext context, CheckpointDiagnosis diagnosis)
    {
        Table table = new("model", "agreement", "classes", "input", "names");
        JsonArray answers = [];
        CheckpointMatch? meant = diagnosis.Match;
        IEnumerable<CheckpointMatch> ranked = meant is null || diagnosis.Ranked.Any(one => one.Model == meant.Model)
            ? diagnosis.Ranked
            : diagnosis.Ranked.Prepend(meant);
        foreach (CheckpointMatch match in ranked.Take(ModelsShown))
        {
            (int height, int width) = (match.Outline.Network.Height, match.Outline.Network.Width);
            table.Add(
                match.Model,
                Numbers.Percent(match.MatchRatio),
                Numbers.Whole(match.Outline.Network.Classes),
                $"{height}x{width}",
                match.Scheme.Name);
            answers.Add((JsonNode)new JsonObject
            {
                ["model"] = match.Model,
                ["agreement"] = match.MatchRatio,
                ["classes"] = match.Outline.Network.Classes,
                ["input"] = new JsonArray(height, width),
                ["scheme"] = match.Scheme.Name,
            });
        }

        if (answers.Count > 0)
        {
            context.Write(table);
            context.Output.WriteLine();
        }

        context.Result["models"] = answers;
    }

    private static void ShowVerdict(VerbContext context, CheckpointDiagnosis diagnosis)
    {
        CheckpointMatch? match = diagnosis.Match;
        IReadOnlyList<CheckpointProblem> problems = diagnosis.Problems;
        string name = match is null ? "" : $" as {match.Model}";
        context.Output.WriteLine(
            problems.Count == 0 ? $"It loads{name}, with names of {match!.Scheme.Description}." : $"It does not load{name}:");
        foreach (CheckpointProblem problem in problems)
        {
            context.Output.WriteLine($"  {problem.What}{(problem.Names.Count > 0 ? ":" : "")}");
            foreach (string tensor in problem.Names.Take(NamesShown))
            {
                context.Output.WriteLine($"    {tensor}");
            }

            if (problem.Names.Count > NamesShown)
            {
                context.Output.WriteLine($"    … and {Numbers.Whole(problem.Names.Count - NamesShown)} more");
            }

            context.Output.WriteLine($"    {(context.OutputStyle.Unicode ? "→" : "->")} {RemedyText.Of(problem.Remedy)}");
        }

        if (match is { IgnoredKeys.Count: > 0 })
        {
            string rest = match.IgnoredKeys.Count > NamesShown ? $", … ({Numbers.Whole(match.IgnoredKeys.Count)} in all)" : "";
            context.Output.WriteLine($"Left out without loss: {string.Join(", ", match.IgnoredKeys.Take(NamesShown))}{rest}");
        }

        if (diagnosis.File.Skipped is { Count: > 0 } skipped)
        {
            context.Output.WriteLine($"Passed over, and never built: {Printable.Of(string.Join(", ", skipped))}");
        }

        if (diagnosis.Own is { } own)
        {
            context.Output.WriteLine($"Fovea wrote it: {own.Name} for {own.Classes.Count} classes.");
        }

        context.Result["model"] = match?.Model;
        context.Result["scheme"] = match?.Scheme.Name;
        context.Result["loads"] = problems.Count == 0;
        context.Result["problems"] = new JsonArray([.. problems.Select(problem => (JsonNode)new JsonObject
        {
            ["what"] = problem.What,
            ["names"] = new JsonArray([.. problem.Names.Select(tensor => (JsonNode)tensor)]),
            ["remedy"] = RemedyText.Of(problem.Remedy),
        })]);
        context.Result["skipped"] = new JsonArray([.. diagnosis.File.Skipped.Select(value => (JsonNode)value)]);
        context.Result["leftovers"] = new JsonArray([.. (match?.IgnoredKeys ?? []).Select(tensor => (JsonNode)tensor)]);
    }
}
