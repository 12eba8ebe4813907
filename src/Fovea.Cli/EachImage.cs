using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Formats;

namespace Fovea.Cli;

/// <summary>Goes through the images of a command line: one that cannot be read must not cost the answers to all others.</summary>
/// <param name="context">Where messages and the answer go.</param>
/// <param name="paths">The images.</param>
internal sealed class EachImage(VerbContext context, IReadOnlyList<string> paths)
{
    private readonly JsonArray _failures = [];

    /// <summary>Number of images that were answered.</summary>
    public int Answered => paths.Count - _failures.Count;

    /// <summary>Answers every image that can be read, and names the others.</summary>
    /// <param name="title">Title of the progress bar.</param>
    /// <param name="answer">Answers an image, given its path.</param>
    /// <param name="cancellation">Stops between two images.</param>
    public void Run(string title, Action<string, Image> answer, CancellationToken cancellation)
    {
        using ProgressBar bar = context.Progress(title, paths.Count);
        for (int i = 0; i < paths.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            bar.Report(i);
            try
            {
                answer(paths[i], Read(paths[i]));
            }
            catch (FoveaException error) when (error is not UnwritableFileException)
            {
                string message = RemedyText.Of(error);
                message = message.Contains(paths[i], StringComparison.Ordinal) ? message : $"{paths[i]}: {message}";
                bar.WriteLine($"fovea: {Printable.Of(message, lines: true)}");
                _failures.Add((JsonNode)new JsonObject { ["image"] = paths[i], ["error"] = message });
            }
        }
    }

    /// <summary>Tells of the images that could not be read, behind all answers.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public int Finish()
    {
        if (_failures.Count == 0)
        {
            return ExitCodes.Success;
        }

        context.Result["failures"] = _failures;
        context.Result["error"] = (string)_failures[0]!["error"]!;
        if (paths.Count > 1)
        {
            context.Error.WriteLine($"fovea: {_failures.Count} of {paths.Count} images could not be read");
        }

        return ExitCodes.BadInput;
    }

    private static Image Read(string path)
    {
        // Pipes and devices have no length, and opening a pipe that nobody writes to would wait for ever.
        return new FileInfo(path) is { Exists: true, Length: 0 }
            ? throw new UnusableDataException($"{path}: it is empty, or a pipe or device. Give an image file.")
            : ImageFile.Read(path);
    }
}
