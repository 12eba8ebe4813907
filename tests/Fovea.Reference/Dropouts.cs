using Fovea.Engine;

namespace Fovea.Reference;

/// <summary>
/// Dropout: an element, or a sample, becomes zero where its draw of 32 bits lies below the rate. The draws of a stream are the 64-bit
/// numbers of a SplitMix64 sequence that starts at a hash of seed, stream and step: number s for sample s, number i/2 for elements i (lower
/// half) and i+1 (upper half).
/// </summary>
internal static class Dropouts
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    /// <summary>Dropout, and its gradient, which is the same.</summary>
    public static void Forward(NodeRun run)
    {
        Dropout dropout = (Dropout)run.Node.Operation;
        float[] x = run.In(0);
        ulong start = new KeyedRandom(run.Seed, (ulong)dropout.Stream, run.Iteration).NextUInt64();
        int perSample = x.Length / run.InShape(0)[0];
        uint threshold = (uint)(dropout.Rate * 4294967296.0);
        for (int i = 0; i < x.Length; i++)
        {
            ulong number = Draw(start, dropout.PerSample ? i / perSample : i / 2);
            uint draw = (uint)(!dropout.PerSample && i % 2 == 1 ? number >> 32 : number);
            run.Out()[i] = draw < threshold ? 0 : x[i] * (1 / (1 - dropout.Rate));
        }
    }

    /// <summary>A number of a SplitMix64 sequence (Steele, Lea and Flood, 2014).</summary>
    private static ulong Draw(ulong start, int index)
    {
        ulong value = start + ((ulong)(index + 1) * GoldenGamma);
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
