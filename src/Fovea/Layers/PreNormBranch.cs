namespace Fovea.Layers;

/// <summary>
/// A residual branch that normalises its input: x + drop path(scale · branch(norm(x))), of which transformer blocks are made
/// (arXiv 2010.11929, eq. 2 and 3; the scale is the layer scale of arXiv 2103.17239, eq. 4).
/// </summary>
public sealed class PreNormBranch : Module
{
    private readonly Module _norm;
    private readonly Module _branch;
    private readonly Parameter? _scale;
    private readonly float _dropPath;

    /// <summary>Makes a branch.</summary>
    /// <param name="normKey">Checkpoint key of the norm.</param>
    /// <param name="norm">The norm.</param>
    /// <param name="branchKey">Checkpoint key of the branch.</param>
    /// <param name="branch">Module beside the shortcut.</param>
    /// <param name="dropPath">Probability of dropping the branch of a sample in training.</param>
    /// <param name="scale">A factor for each channel of the branch, registered by the caller, or null.</param>
    public PreNormBranch(string normKey, Module norm, string branchKey, Module branch, float dropPath = 0, Parameter? scale = null)
    {
        _norm = Add(normKey, norm);
        _branch = Add(branchKey, branch);
        _scale = scale;
        _dropPath = dropPath;
    }

    /// <summary>Builds the branch around something that needs more than one value.</summary>
    /// <param name="x">Value that the branch is added to.</param>
    /// <param name="build">Builds the branch from the normalised value.</param>
    public Value Forward(Value x, Func<Value, Value> build)
    {
        using (Enter(x.Graph))
        {
            Value y = build(_norm.Forward(x));
            return x + (_scale is null ? y : y * x.Graph.Read(_scale)).DropPath(_dropPath);
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Forward(x, _branch.Forward);
}
