using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>A network under the names that golden cases give to what it computes.</summary>
internal abstract class GoldenNetwork : Module
{
    protected GoldenNetwork(Backbone backbone) => Network = Add("", new Network(backbone));

    public Network Network { get; }

    /// <summary>The network that a case's module is or holds; null for a part of one.</summary>
    public static Network? Of(Module module) => module as Network ?? (module as GoldenNetwork)?.Network;

    protected sealed override Value Build(Value x)
    {
        Value logits = Network.Forward(x);
        Mark(x.Graph);
        return logits;
    }

    /// <summary>Adds the case's names to the marks.</summary>
    protected abstract void Mark(ComputeGraph graph);
}
