using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>
/// Exponential moving averages of all weights and statistics of a model, which can take the place of the values themselves for a while.
/// </summary>
internal sealed class EmaWeights : IDisposable
{
    private readonly ParameterStore _parameters;
    private readonly double _decay;
    private readonly bool _warmUp;
    private readonly Ema _ema;

    /// <summary>Makes averages that begin with the values as they are.</summary>
    /// <param name="parameters">The model's parameters.</param>
    /// <param name="decay">The largest share of an average that is kept at a step.</param>
    /// <param name="warmUp">True for a smaller decay in the first steps.</param>
    /// <param name="pool">The threads to run on.</param>
    public EmaWeights(ParameterStore parameters, double decay, bool warmUp, WorkerPool? pool)
    {
        (_parameters, _decay, _warmUp) = (parameters, decay, warmUp);
        (Weights, Statistics) = (CopyOf(parameters.Weights), CopyOf(parameters.Statistics));
        _ema = new Ema([Weights, Statistics], [parameters.Weights, parameters.Statistics], pool);
    }

    /// <summary>Averages of the weights; the weights themselves between two calls of <see cref="Exchange"/>.</summary>
    public VariableBlock Weights { get; }

    /// <summary>Averages of the statistics; the statistics themselves between two calls of <see cref="Exchange"/>.</summary>
    public VariableBlock Statistics { get; }

    /// <summary>Moves the averages towards the values.</summary>
    /// <param name="steps">Steps done so far: with a warm-up the averages follow faster when there is little to average.</param>
    public void Update(long steps) => _ema.Update(_warmUp ? Math.Min(_decay, (1.0 + steps) / (10.0 + steps)) : _decay);

    /// <summary>Exchanges averages and values, bit by bit. Called twice, all is as before.</summary>
    public void Exchange()
    {
        Swap(Weights, _parameters.Weights);
        Swap(Statistics, _parameters.Statistics);
    }

    /// <summary>Frees the averages.</summary>
    public void Dispose()
    {
        Weights.Dispose();
        Statistics.Dispose();
    }

    private static VariableBlock CopyOf(VariableBlock source)
    {
        VariableBlock copy = new([.. source.Variables.Select(variable => new Variable(variable.Name, variable.Shape, trainable: false))]);
        foreach ((Variable from, Variable to) in source.Variables.Zip(copy.Variables))
        {
            from.Data.CopyTo(to.Data);
        }

        return copy;
    }

    private static void Swap(VariableBlock one, VariableBlock other)
    {
        foreach ((Variable left, Variable right) in one.Variables.Zip(other.Variables))
        {
            Span<float> a = left.Data;
            Span<float> b = right.Data;
            for (int i = 0; i < a.Length; i++)
            {
                (a[i], b[i]) = (b[i], a[i]);
            }
        }
    }
}
