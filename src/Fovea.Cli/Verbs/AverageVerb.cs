using System.CommandLine;
using Fovea.Checkpoints;
using Fovea.Cli.Terminal;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea average OUT CHECKPOINT...</c>: the mean of several checkpoints of one model.</summary>
internal sealed class AverageVerb : Verb
{
    private readonly Argument<string> _out;
    private readonly Argument<string[]> _checkpoints;
    private readonly Option<bool> _float16;
    private readonly Option<bool> _overwrite;

    /// <summary>Declares the verb.</summary>
    public AverageVerb()
        : base(
            "average",
            "Average the weights of checkpoints of one model, such as those of runs from one beginning, into a new one.",
            "fovea average mean.safetensors runs/a/best.safetensors runs/b/best.safetensors runs/c/best.safetensors",
            "fovea average mean.safetensors runs/fine-tuned/seed*/best.safetensors --float16")
    {
        _out = AddArgument<string>("OUT", "The file to write: a checkpoint of Fovea, .safetensors.");
        _checkpoints = AddArgument<string[]>(
            "CHECKPOINT", "Two or more checkpoints of one model, with the same classes and preprocessing.");
        _checkpoints.Arity = new ArgumentArity(2, 1000);
        _float16 = AddOption<bool>("--float16", "Store weights in 16 bits, half the size; biases, norms and statistics stay as they are.");
        _overwrite = AddOption<bool>("--overwrite", "Replace OUT where it exists.");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string output = context.Value(_out);
        if (Path.GetExtension(output) != ".safetensors")
        {
            throw new UsageException($"{output} is no name of a checkpoint of Fovea: OUT comes first and ends in .safetensors.");
        }

        OptionChecks.RequireNew(output, context.Value(_overwrite));
        string[] paths = Array.ConvertAll(context.Value(_checkpoints), ShippedNetworks.Resolve);
        using Model mean = CheckpointAverage.Of(paths);
        Checkpoint.Save(output, mean, context.Value(_float16) ? SafeTensorType.F16 : SafeTensorType.F32);
        long bytes = new FileInfo(output).Length;
        context.Output.WriteLine($"the mean of {paths.Length} checkpoints of {mean.Info.Name}: {output}, {Numbers.Bytes(bytes)}");
        context.Result["model"] = mean.Info.Name;
        context.Result["checkpoints"] = paths.Length;
        context.Result["out"] = output;
        context.Result["bytes"] = bytes;
        return Task.FromResult(ExitCodes.Success);
    }
}
