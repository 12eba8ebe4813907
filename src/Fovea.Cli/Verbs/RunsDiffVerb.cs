using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea runs diff A B...</c>: the members in which recipes differ.</summary>
internal sealed class RunsDiffVerb : Verb
{
    private readonly Argument<string[]> _runs;

    /// <summary>Declares the verb.</summary>
    public RunsDiffVerb()
        : base(
            "diff",
            "Show which members of the recipes of runs differ, each with its value in all of them.",
            "fovea runs diff runs/first runs/second",
            "fovea runs diff runs/first recipes/imagenet/cmt_ti.json")
    {
        _runs = AddArgument<string[]>("RUN", "Folders of runs, or recipe files.");
        _runs.Arity = new ArgumentArity(2, 100);
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string[] names = context.Value(_runs);
        IReadOnlyList<RecipeDifference> differences = RecipeDifference.Between([.. names.Select(Open)]);
        Table table = new(["member", .. names]);
        JsonArray answers = [];
        foreach (RecipeDifference difference in differences)
        {
            table.Add([difference.Member, .. difference.Values.Select(value => value ?? "-")]);
            answers.Add((JsonNode)new JsonObject
            {
                ["member"] = difference.Member,
                ["values"] = new JsonArray([.. difference.Values.Select(value => value is null ? null : JsonNode.Parse(value))]),
            });
        }

        if (differences.Count > 0)
        {
            context.Write(table);
        }
        else
        {
            context.Output.WriteLine("The recipes are the same.");
        }

        context.Result["differences"] = answers;
        return Task.FromResult(ExitCodes.Success);
    }

    private static Recipe Open(string path) =>
        Recipe.Read(Directory.Exists(path) ? RunFolder.OpenRead(path).ConfigPath : path);
}
