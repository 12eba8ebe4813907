using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fovea.Cli;

/// <summary>The parser's help, followed by the verb's examples.</summary>
/// <param name="help">The parser's help.</param>
/// <param name="verbs">The verbs.</param>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyList<Verb> verbs) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = help.Invoke(parseResult);
        Verb? asked = verbs.SelectMany(verb => verb.WithParts).FirstOrDefault(verb => verb.Command == parseResult.CommandResult.Command);
        IReadOnlyList<string> examples = asked?.Examples ?? [];
        if (examples.Count > 0)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string example in examples)
            {
                output.WriteLine($"  {example}");
            }
        }

        return exitCode;
    }
}
