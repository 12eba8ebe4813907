namespace Fovea.Data;

/// <summary>Problems as they are met, counted by kind.</summary>
internal sealed class DataProblems
{
    private const int Shown = 3;
    private readonly SortedDictionary<DataProblemKind, (int Count, List<string> Places)> _met = [];

    /// <summary>The problems met so far, in the order of their kinds.</summary>
    public IReadOnlyList<DataProblem> Found => [.. _met.Select(met => new DataProblem(met.Key, met.Value.Count, [.. met.Value.Places]))];

    /// <summary>Takes note of a problem.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="place">Image or file, and what is there.</param>
    public void Add(DataProblemKind kind, string place)
    {
        (int count, List<string> places) = _met.GetValueOrDefault(kind, (0, []));
        if (count < Shown)
        {
            places.Add(place);
        }

        _met[kind] = (count + 1, places);
    }

    /// <summary>Adds the problems that another list has.</summary>
    /// <param name="others">The list.</param>
    public void Add(IEnumerable<DataProblem> others)
    {
        foreach (DataProblem other in others)
        {
            (int count, List<string> places) = _met.GetValueOrDefault(other.Kind, (0, []));
            places.AddRange(other.Places.Take(Shown - Math.Min(Shown, places.Count)));
            _met[other.Kind] = (count + other.Count, places);
        }
    }
}
