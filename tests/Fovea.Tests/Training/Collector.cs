namespace Fovea.Tests.Training;

/// <summary>Keeps what is reported.</summary>
internal sealed class Collector<T>(List<T> reports) : IProgress<T>
{
    public void Report(T value) => reports.Add(value);
}
