using System.CommandLine;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea runs show RUN...</c>: the curves of runs in common charts.</summary>
internal sealed class RunsShowVerb : Verb
{
    private readonly Argument<string[]> _runs;
    private readonly Option<string> _out;

    /// <summary>Declares the verb.</summary>
    public RunsShowVerb()
        : base(
            "show",
            "Write a page with the curves of runs in common charts, their results, and in what their recipes differ.",
            "fovea runs show runs/first runs/second",
            "fovea runs show runs/ablation/*/seed0 --out ablation.html")
    {
        _runs = AddArgument<string[]>("RUN", "Folders of runs; some may still be running.");
        _runs.Arity = ArgumentArity.OneOrMore;
        _out = AddOption("--out", "The page, one HTML file that needs nothing beside it; an earlier one is replaced.", "runs.html");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string output = context.Value(_out)!;
        if (Path.GetExtension(output).ToLowerInvariant() is not (".html" or ".htm"))
        {
            throw new UsageException($"--out {output} is no name of a page: let it end in .html.");
        }

        RunFolder[] runs = Array.ConvertAll(context.Value(_runs), RunFolder.OpenRead);
        RunComparison.Write(output, runs);
        context.Output.WriteLine($"Open {output} in a browser.");
        context.Result["page"] = output;
        context.Result["runs"] = runs.Length;
        return Task.FromResult(ExitCodes.Success);
    }
}
