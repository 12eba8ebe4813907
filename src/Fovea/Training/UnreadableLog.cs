using Fovea.Data;
using Microsoft.Extensions.Logging;

namespace Fovea.Training;

/// <summary>Passes what is told of unreadable images on to a log and to the caller's listener.</summary>
/// <param name="logger">The log.</param>
/// <param name="listener">The caller's listener, where there is one.</param>
internal sealed class UnreadableLog(ILogger logger, IProgress<UnreadableImage>? listener) : IProgress<UnreadableImage>
{
    /// <inheritdoc/>
    public void Report(UnreadableImage value)
    {
        logger.PassedOver(value.Name, value.Problem);
        listener?.Report(value);
    }
}
