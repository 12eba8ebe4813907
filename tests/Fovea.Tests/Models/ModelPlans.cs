using Fovea.Engine;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Models;

/// <summary>Networks compiled for the tests, on images drawn from fixed random numbers.</summary>
internal static class ModelPlans
{
    /// <summary>A plan that gives "logits" for "images".</summary>
    public static Plan Inference(Network network, WorkerPool pool, int batch, int height, int width)
    {
        ComputeGraph graph = new();
        graph.Output("logits", network.Forward(graph.Input("images", [batch, height, width, 3])));
        return Filled(Plan.Compile(graph, pool));
    }

    /// <summary>A network's tensors, filled afresh.</summary>
    public static ParameterStore Fresh(Network network)
    {
        ParameterStore state = new(network);
        state.Initialize(11);
        return state;
    }

    /// <summary>A plan that has run on one image and gives "logits" and what the network marks with the given names.</summary>
    public static Plan Marked(Network network, int height, int width, params ReadOnlySpan<string> marks)
    {
        ComputeGraph graph = new();
        graph.Output("logits", network.Forward(graph.Input("images", [1, height, width, 3])));
        foreach (string mark in marks)
        {
            graph.Output(mark, graph.Marks[mark]);
        }

        Plan plan = Filled(Plan.Compile(graph));
        plan.Run();
        return plan;
    }

    /// <summary>A plan that gives "loss" and writes all gradients for "images" and "labels".</summary>
    public static Plan Training(Network network, GradientBlock gradients, WorkerPool pool, int batch, int height, int width)
    {
        ComputeGraph graph = new(training: true);
        Value logits = network.Forward(graph.Input("images", [batch, height, width, 3]));
        Value loss = ClassificationObjective.Loss(network, logits, graph.Input("labels", [batch], ElementType.Int32), smoothing: 0.1f);
        graph.Output("loss", loss);
        Gradients.Write(loss, gradients.Variables);
        Plan plan = Filled(Plan.Compile(graph, pool, gradients));
        Span<int> labels = plan.IntegerInput("labels");
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = i % network.Classes;
        }

        return plan;
    }

    private static Plan Filled(Plan plan)
    {
        KeyedRandom random = new(7, 1);
        foreach (ref float value in plan.Input("images"))
        {
            value = (float)random.NextDouble(-2, 2);
        }

        return plan;
    }
}
