using System.Text.Json.Nodes;
using Fovea.Models;

namespace Fovea.Compare;

/// <summary>PyTorch as Debian packages it, each time in a fresh process.</summary>
internal static class PyTorch
{
    private static readonly string[] _networks =
        ["cmt_ti", "pit_ti", "resnet50", "retinanet:resnet50", "faster_rcnn:resnet50", "mask_rcnn:resnet50", "upernet:resnet50"];

    /// <summary>Tells whether a model has a counterpart to compare with.</summary>
    /// <param name="model">The model.</param>
    public static bool Has(MeasuredModel model) => _networks.Contains(model.Name);

    /// <summary>Starts a process.</summary>
    /// <exception cref="PeerException">Python or PyTorch is missing.</exception>
    public static Peer Start() => new("/usr/bin/python3", "-B", Repository.PeerScript("pytorch.py"));

    /// <summary>Makes the counterpart of a network in training, which must train as many values; both numbers are told.</summary>
    /// <param name="peer">The process.</param>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="threads">Threads to run on.</param>
    /// <exception cref="PeerException">The counterpart is another network.</exception>
    public static void Open(Peer peer, MeasuredModel model, int batch, int threads)
    {
        Network network = model.Create();
        long ours = FoveaTraining.TrainedValues(model);
        JsonObject opened = peer.Ask("open", new JsonObject
        {
            ["network"] = model.Name,
            ["height"] = network.Height,
            ["width"] = network.Width,
            ["batch"] = batch,
            ["threads"] = threads,
        });
        long theirs = (long)opened["parameters"]!;
        Console.Error.WriteLine($"{model}: {Numbers.Whole(ours)} trained values in Fovea, {Numbers.Whole(theirs)} in {peer.Name}");
        if (theirs != ours)
        {
            throw new PeerException(
                $"{model} trains {Numbers.Whole(ours)} values, its counterpart in {peer.Name} {Numbers.Whole(theirs)}: they are not the "
                    + "same network.");
        }
    }
}
