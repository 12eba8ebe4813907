using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Engine.Optimization;

namespace Fovea.Training;

/// <summary>Rule by which an optimiser changes weights.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW (arXiv 1711.05101).</summary>
    AdamW,

    /// <summary>Stochastic gradient descent with momentum.</summary>
    Sgd,

    /// <summary>LAMB (arXiv 1904.00962): steps of Adam, as long as the weights of each layer ask for.</summary>
    Lamb,

    /// <summary>Lion (arXiv 2302.06675): steps by the sign of the mean gradient; its rate is about a tenth of AdamW's.</summary>
    Lion,

    /// <summary>Muon: orthogonal steps for the matrices and kernels inside the network, AdamW for all else.</summary>
    Muon,
}

/// <summary>Options of <see cref="OptimizerKind.Muon"/>; its AdamW takes those of the run.</summary>
public sealed record MuonOptions
{
    /// <summary>Share of a matrix's mean gradient that is kept at each step.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>True to look ahead by one step (Nesterov).</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>Steps of the iteration that makes a direction orthogonal.</summary>
    public int Iterations { get; init; } = 5;

    /// <summary>Length of steps for matrices of different shapes.</summary>
    public MuonScaling Scaling { get; init; }

    /// <summary>Factor of the learning rate of matrices: 1 for one rate with AdamW.</summary>
    public double RateFactor { get; init; } = 1;

    /// <summary>Checks that the options make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        TrainingOptions.Check(Momentum is >= 0 and < 1, "Muon.Momentum", "from 0 to below 1", Momentum);
        TrainingOptions.Check(Iterations >= 1, "Muon.Iterations", "at least 1", Iterations);
        TrainingOptions.Check(RateFactor >= 0 && double.IsFinite(RateFactor), "Muon.RateFactor", "at least 0", RateFactor);
    }
}

/// <summary>Words for optimisers in files, such as <c>adamW</c>.</summary>
internal sealed class OptimizerKindConverter()
    : JsonStringEnumConverter<OptimizerKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

/// <summary>Words for Muon's scalings in files, such as <c>matchAdamW</c>.</summary>
internal sealed class MuonScalingConverter()
    : JsonStringEnumConverter<MuonScaling>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
