using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Models;

namespace Fovea.Tests.Training;

public sealed class CheckpointSizeTests
{
    [Theory]
    [InlineData("cmt_nano", 32)]
    [InlineData("botnet50", 64)]
    [InlineData("pit_ti", 64)]
    public void Opened_for_another_size_a_checkpoint_gives_what_its_network_gives_for_such_images(string model, int side)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Network network = ModelRegistry.Create(model, new ModelOptions(Classes: 3, Height: side, Width: side));
        using ParameterStore state = new(network);
        state.Initialize(4);
        Checkpoint.Save(path, Info(model, side), state);

        (int height, int width) = (side / 2 * 3, 2 * side);
        (ModelInfo info, Network resized, ParameterStore loaded) = Checkpoint.Open(path, (height, width));
        using (loaded)
        {
            Assert.Equal((height, width), (resized.Height, resized.Width));
            Assert.Equal(
                (height, width, side * 3 / 2 * 5 / 4),
                (info.Preprocessing.Height, info.Preprocessing.Width, info.Preprocessing.ResizeTo));
            Assert.Contains(loaded.Tensors, tensor => !tensor.Value.Shape.Equals(state.Tensors[tensor.Key].Shape));
            Assert.All(Logits(network).Zip(Logits(resized)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }

        float[] Logits(Network one)
        {
            using WorkerPool pool = new(1);
            using Plan plan = ModelPlans.Inference(one, pool, 1, height, width);
            plan.Run();
            return plan.Output("logits").ToArray();
        }
    }

    [Fact]
    public void A_size_that_the_model_does_not_take_is_not_the_files_fault()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        using ParameterStore state = new(ModelRegistry.Create("cmt_nano", new ModelOptions(Classes: 3)));
        Checkpoint.Save(path, Info("cmt_nano", 32), state);
        ShapeException error = Assert.Throws<ShapeException>(() => Checkpoint.Open(path, (30, 32)));
        Assert.Contains("multiples of 8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_differs_in_more_than_the_images_size_is_refused()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        using ParameterStore state = new(ModelRegistry.Create("cmt_nano", new ModelOptions(Classes: 4)));
        Checkpoint.Save(path, Info("cmt_nano", 32), state);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Checkpoint.Open(path, (40, 40)));
        Assert.Contains("head.weight", error.Message, StringComparison.Ordinal);
    }

    private static ModelInfo Info(string model, int side) =>
        new(
            model,
            new ModelOptions(3, side, side),
            ["a", "b", "c"],
            new Preprocessing { Height = side, Width = side, ResizeTo = side * 5 / 4 });
}
