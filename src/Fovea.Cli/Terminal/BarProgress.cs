namespace Fovea.Cli.Terminal;

/// <summary>Tells a bar how much is done.</summary>
/// <param name="bar">The bar.</param>
internal sealed class BarProgress(ProgressBar bar) : IProgress<int>
{
    /// <inheritdoc/>
    public void Report(int value) => bar.Report(value);
}
