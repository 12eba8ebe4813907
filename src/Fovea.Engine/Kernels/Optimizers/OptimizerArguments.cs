namespace Fovea.Engine.Kernels;

/// <summary>The settings of one step of AdamW (Loshchilov and Hutter, arXiv 1711.05101).</summary>
internal readonly record struct AdamWArguments
{
    /// <summary>The learning rate of this step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Decay rate of the first moment (mean gradient).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay rate of the second moment (mean squared gradient).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay: parameters are multiplied by 1 − learning rate · decay before the step.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The number of this step, from 1; it decides the bias corrections.</summary>
    public required long Step { get; init; }

    /// <summary>Factor on the gradients, applied first: below 1 where they are clipped by norm.</summary>
    public float GradientFactor { get; init; } = 1;

    /// <summary>The settings of a step, with the usual defaults.</summary>
    public AdamWArguments()
    {
    }
}

/// <summary>The settings of one step of stochastic gradient descent with momentum, without dampening.</summary>
internal readonly record struct SgdArguments
{
    /// <summary>The learning rate of this step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Momentum: the share of the velocity that is kept at each step; 0 is plain descent.</summary>
    public double Momentum { get; init; }

    /// <summary>Weight decay: parameters times this are added to the gradients.</summary>
    public double WeightDecay { get; init; }

    /// <summary>True for Nesterov momentum, which looks ahead by one velocity.</summary>
    public bool Nesterov { get; init; }

    /// <summary>True for the first step, which sets the velocity to the gradient.</summary>
    public bool First { get; init; }

    /// <summary>Factor on the gradients, applied first: below 1 where they are clipped by norm.</summary>
    public float GradientFactor { get; init; } = 1;

    /// <summary>The settings of a step, with the usual defaults.</summary>
    public SgdArguments()
    {
    }
}
