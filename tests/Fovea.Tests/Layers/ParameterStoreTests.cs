using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Models;

namespace Fovea.Tests.Layers;

public sealed class ParameterStoreTests
{
    [Fact]
    public void A_module_is_part_of_one_store_at_a_time()
    {
        Linear layer = new(3, 2);
        ParameterStore first = new(layer);
        string message = Assert.Throws<InvalidOperationException>(() => new ParameterStore(layer)).Message;
        Assert.Contains("weight", message, StringComparison.Ordinal);
        Assert.Contains("dispose", message, StringComparison.Ordinal);

        // The failed attempt has changed nothing, and once the first is gone there can be a second, which the first does not touch.
        first.Initialize(1);
        float[] values = first.Tensors["weight"].Variable.Data.ToArray();
        first.Dispose();
        Assert.Throws<InvalidOperationException>(() => layer.Parameters[0].Parameter.Variable);
        using ParameterStore second = new(layer);
        second.Initialize(1);
        first.Dispose();
        Assert.Equal(values, second.Tensors["weight"].Variable.Data.ToArray());
    }

    [Fact]
    public void A_part_that_belongs_to_another_store_is_told_by_both_names_and_nothing_is_taken()
    {
        Linear shared = new(3, 3);
        using ParameterStore owner = new(new Holder(("first", shared)));
        Linear free = new(3, 3);
        Holder both = new(("free", free), ("shared", shared));
        string message = Assert.Throws<InvalidOperationException>(() => new ParameterStore(both)).Message;
        Assert.Contains("shared.weight", message, StringComparison.Ordinal);
        Assert.Contains("first.weight", message, StringComparison.Ordinal);
        using ParameterStore taken = new(free);
        Assert.Throws<InvalidOperationException>(() => ParameterStore.Describe(both));
    }

    [Fact]
    public void Two_tensors_of_one_key_are_refused()
    {
        string message =
            Assert.Throws<ArgumentException>(() => new ParameterStore(new Holder(("", new Linear(1, 2)), ("", new Linear(1, 2))))).Message;
        Assert.Contains("checkpoint key weight", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_leaves_a_module_as_it_was()
    {
        Network network = new(new MixerBackbone(new MixerConfig(8) { Classes = 2 }));
        NetworkSummary summary = new(network);
        Assert.Equal(summary.Parameters, NetworkSummary.Count(network).Parameters);
        using ParameterStore store = new(network);
        store.Initialize(1);
        Variable before = store.Tensors["norm.weight"].Variable;
        Assert.Equal(summary.InferenceBytes, new NetworkSummary(network).InferenceBytes);
        using (ParameterStore description = ParameterStore.Describe(network))
        {
            Assert.Same(store.Weights, description.Weights);
        }

        Assert.Same(before, store.Tensors["norm.weight"].Variable);
        Assert.Equal(1, before.Data[0]);
    }

    private sealed class Holder : Module
    {
        public Holder(params ReadOnlySpan<(string Key, Module Module)> children)
        {
            foreach ((string key, Module module) in children)
            {
                Add(key, module);
            }
        }
    }
}
