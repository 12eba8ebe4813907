using System.Buffers;

namespace Fovea.Detection;

/// <summary>
/// The course of a matching: all objects are considered, then those of low quality kept, then all boxes decided. The memory is rented until
/// then.
/// </summary>
internal readonly ref struct Matching
{
    private readonly MatcherOptions _options;
    private readonly Span<int> _matches;
    private readonly Span<int> _best;
    private readonly Span<float> _overlaps;
    private readonly ReadOnlySpan<bool> _valid;
    private readonly int[] _rentedIndices;
    private readonly float[] _rentedOverlaps;

    /// <summary>Begins with boxes that overlap nothing.</summary>
    /// <param name="options">The rules.</param>
    /// <param name="matches">A number for each box, to be written.</param>
    /// <param name="valid">Which boxes take part; empty if all do.</param>
    public Matching(MatcherOptions options, Span<int> matches, ReadOnlySpan<bool> valid)
    {
        _options = options;
        _matches = matches;
        _valid = valid;
        _rentedIndices = ArrayPool<int>.Shared.Rent(matches.Length);
        _rentedOverlaps = ArrayPool<float>.Shared.Rent(matches.Length);
        _best = _rentedIndices.AsSpan(0, matches.Length);
        _overlaps = _rentedOverlaps.AsSpan(0, matches.Length);

        // Below any overlap, so that the first object takes every box.
        _overlaps.Fill(-1);
        _best.Fill(Matcher.Background);
        _matches.Fill(Matcher.Background);
    }

    /// <summary>Takes in the overlaps of an object with all boxes; of equal objects, a box goes to the first.</summary>
    public void Consider(int index, ReadOnlySpan<float> overlaps)
    {
        Span<float> most = _overlaps;
        Span<int> best = _best[..most.Length];
        overlaps = overlaps[..most.Length];
        for (int box = 0; box < most.Length; box++)
        {
            if (overlaps[box] > most[box])
            {
                most[box] = overlaps[box];
                best[box] = index;
            }
        }
    }

    /// <summary>Keeps the boxes that overlap an object most, when all objects have been considered.</summary>
    public void KeepBest(int index, ReadOnlySpan<float> overlaps)
    {
        float most = -1;
        for (int box = 0; box < overlaps.Length; box++)
        {
            if (overlaps[box] > most && TakesPart(box))
            {
                most = overlaps[box];
            }
        }

        if (most < Math.Max(_options.LeastQuality, 0) || (most == 0 && !_options.MatchesWithoutOverlap))
        {
            return;
        }

        for (int box = 0; box < overlaps.Length; box++)
        {
            if (overlaps[box] == most && TakesPart(box))
            {
                _matches[box] = _options.LowQuality == LowQualityMatches.ToThatObject ? index : _best[box];
            }
        }
    }

    /// <summary>Decides about all boxes that were not kept, and returns the memory.</summary>
    public void Decide()
    {
        for (int box = 0; box < _matches.Length; box++)
        {
            if (!TakesPart(box))
            {
                _matches[box] = Matcher.Ignored;
            }
            else if (_matches[box] < 0 && _overlaps[box] >= _options.Low)
            {
                _matches[box] = _overlaps[box] >= _options.High ? _best[box] : Matcher.Ignored;
            }
        }

        ArrayPool<int>.Shared.Return(_rentedIndices);
        ArrayPool<float>.Shared.Return(_rentedOverlaps);
    }

    private bool TakesPart(int box) => _valid.IsEmpty || _valid[box];
}
