using Fovea.Cli.Terminal;
using Fovea.Engine.Graph;

namespace Fovea.Cli;

/// <summary>Holds the memory that a verb is about to take against what there is, before it is taken.</summary>
internal static class MemoryCheck
{
    /// <summary>Checks that planned bytes are there.</summary>
    /// <param name="what">Work that needs them, such as "a training step of resnet50".</param>
    /// <param name="option">Option that gives the number of images; null where it is always one.</param>
    /// <param name="batch">Images at the same time.</param>
    /// <param name="plan">Bytes that a number of images takes, without taking them.</param>
    /// <exception cref="UsageException">They are not; the message says how many images would fit.</exception>
    public static void Require(string what, string? option, int batch, Func<int, long> plan) =>
        Require(what, option, batch, plan, MachineMemory.Available());

    /// <summary>Checks that planned bytes are there, given the bytes that are left.</summary>
    internal static void Require(string what, string? option, int batch, Func<int, long> plan, long available)
    {
        long? planned = Planned(plan, batch);
        if (planned <= available)
        {
            return;
        }

        int fits = Largest(batch, count => Planned(plan, count) <= available);
        string advice = fits > 0
            ? $"{option} {fits} would fit."
            : "Not even one image fits: choose a smaller --size or a smaller model.";
        string images = option is null ? "" : $" with {option} {batch}";
        throw new UsageException(
            $"{what}{images} takes {(planned is long bytes ? Numbers.Bytes(bytes) : "more than can be addressed")}, and this machine has "
                + $"{Numbers.Bytes(available)} left. {advice}");
    }

    /// <summary>Bytes that a number of images takes; null where it makes a value too large to be addressed.</summary>
    private static long? Planned(Func<int, long> plan, int batch)
    {
        try
        {
            return plan(batch);
        }
        catch (ShapeException)
        {
            return null;
        }
    }

    private static int Largest(int below, Func<int, bool> fits)
    {
        (int low, int high) = (0, below);
        while (high - low > Math.Max(1, low / 16))
        {
            int middle = (low + high) / 2;
            (low, high) = fits(middle) ? (middle, high) : (low, middle);
        }

        return low;
    }
}
