using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Optimisers from the options of a run.</summary>
internal static class Optimizers
{
    /// <summary>Number of values that an optimiser keeps of each trained weight.</summary>
    public static int StatesOf(OptimizerKind kind) => kind is OptimizerKind.Sgd or OptimizerKind.Lion ? 1 : 2;

    /// <summary>Groups of parameters: what does not decay, and the rates of layers.</summary>
    /// <param name="options">Layer-wise decay of rates.</param>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<ParameterGroup> GroupsOf(TrainingOptions options, Model model) => options.LayerDecay == 1
        ? WeightDecay.Groups
        : [.. WeightDecay.Groups, .. LayerDecay.Groups(model, options.LayerDecay)];

    /// <summary>Creates the optimiser that options ask for.</summary>
    /// <param name="options">Rule and its numbers.</param>
    /// <param name="model">The model that is trained.</param>
    /// <param name="groups">Rates and decays of its parameters.</param>
    /// <param name="gradients">The gradients that it steps from.</param>
    /// <param name="pool">The threads it runs on.</param>
    public static Optimizer Create(
        TrainingOptions options, Model model, IReadOnlyList<ParameterGroup> groups, GradientBlock gradients, WorkerPool pool)
    {
        double decay = options.WeightDecay;
        double beta1 = options.Beta1 ?? 0.9;
        double beta2 = options.Beta2 ?? (options.Optimizer == OptimizerKind.Lion ? 0.99 : 0.999);
        double epsilon = options.Epsilon ?? (options.Optimizer == OptimizerKind.Lamb ? 1e-6 : 1e-8);
        return options.Optimizer switch
        {
            OptimizerKind.AdamW => new AdamW(gradients, decay, groups, pool, beta1, beta2, epsilon),
            OptimizerKind.Sgd => new Sgd(gradients, decay, groups, pool, options.Momentum, options.Nesterov),
            OptimizerKind.Lamb => new Lamb(gradients, decay, groups, pool, beta1, beta2, epsilon, options.MaxGradientNorm),
            OptimizerKind.Lion => new Lion(gradients, decay, groups, pool, beta1, beta2),
            _ => CreateMuon(options.Muon ?? new MuonOptions()),
        };

        Muon CreateMuon(MuonOptions muon)
        {
            HashSet<string> head = [.. model.Network.HeadKeys];
            return new Muon(
                gradients,
                decay,
                groups,
                pool,
                variable => WeightDecay.AppliesTo(variable) && !head.Contains(variable.Name),
                muon.Momentum,
                muon.Nesterov,
                muon.Iterations,
                muon.Scaling,
                muon.RateFactor,
                beta1,
                beta2,
                epsilon);
        }
    }
}
