using Fovea.Layers;

namespace Fovea.Explanations;

/// <summary>All weights of an attention for an image, from which the map of any query and head is taken.</summary>
public sealed class AttentionMaps
{
    /// <summary>Name of the attention.</summary>
    public string Layer => throw new NotImplementedException();

    /// <summary>Number of heads.</summary>
    public int Heads => throw new NotImplementedException();

    /// <summary>Tokens that attend.</summary>
    public TokenGrid Queries => throw new NotImplementedException();

    /// <summary>Tokens that are attended to; maps have this grid.</summary>
    public TokenGrid Keys => throw new NotImplementedException();

    /// <summary>Part of the image that the maps lie over.</summary>
    public ImageRegion Region => throw new NotImplementedException();

    /// <summary>Map of a cell of <see cref="Queries"/>.</summary>
    /// <param name="row">Row of the cell.</param>
    /// <param name="column">Column of the cell.</param>
    /// <param name="head">Head, counted from 0; the mean of all where null.</param>
    public Explanation OfCell(int row, int column, int? head = null) => throw new NotImplementedException();

    /// <summary>Map of a class token of <see cref="Queries"/>.</summary>
    /// <param name="token">The token, counted from 0.</param>
    /// <param name="head">Head, counted from 0; the mean of all where null.</param>
    public Explanation OfClassToken(int token = 0, int? head = null) => throw new NotImplementedException();

    /// <summary>Mean of the maps of all cells of <see cref="Queries"/>; of all class tokens where there are no cells.</summary>
    /// <param name="head">Head, counted from 0; the mean of all where null.</param>
    public Explanation Mean(int? head = null) => throw new NotImplementedException();
}
