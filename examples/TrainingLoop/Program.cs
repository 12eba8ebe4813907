using Fovea.Checkpoints;
// A training loop of one's own, over the graph, the plan and the optimiser that `fovea train` uses as well.
// Writes runs/example/model.safetensors and an image to try it on. Takes the number of steps and another folder.
using Fovea.Data;
using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

const string Samples = "samples/fashion-mnist";
const int BatchSize = 64, Side = 32;
int steps = args.Length > 0 ? int.Parse(args[0]) : 156;
string folder = args.Length > 1 ? args[1] : "runs/example";

IImageDataset images = Datasets.Open(Samples);
Preprocessing preprocessing = FashionMnist.Preprocessing with
{
    Height = Side,
    Width = Side,
    Channels = 3,
    CenterCrop = true,
    Mean = [FashionMnist.Mean, FashionMnist.Mean, FashionMnist.Mean],
    StandardDeviation = [FashionMnist.StandardDeviation, FashionMnist.StandardDeviation, FashionMnist.StandardDeviation],
};
ModelInfo info = new("cmt_nano", new ModelOptions(images.Classes.Count, Side, Side), images.Classes, preprocessing);
Network network = info.CreateNetwork();
using ParameterStore state = new(network);
state.Initialize(seed: 1);

using GradientBlock gradients = new(state.Trained);
using Plan plan = Plan.Compile(ClassificationGraph.Training(network, state, BatchSize, Side, Side, smoothing: 0.1f), gradients: gradients);
using AdamW optimizer = new(gradients, weightDecay: 0.05, WeightDecay.Groups);
using DataLoader loader = new(images, preprocessing, new DataLoaderOptions { BatchSize = BatchSize, Seed = 1 });
LearningRateSchedule schedule = LearningRateSchedule.Cosine(baseRate: 3e-3, steps, warmUpSteps: steps / 10, minimumRate: 1e-5);

double loss = 0;
for (int step = 0; step < steps;)
{
    foreach (Batch batch in loader.Epoch(step / loader.BatchesPerEpoch).Take(steps - step))
    {
        batch.Images.CopyTo(plan.Input("images"));
        batch.Labels.CopyTo(plan.IntegerInput("labels"));
        plan.Iteration = (ulong)step;
        plan.Run();
        optimizer.Step(schedule.RateAt(step), gradientFactor: (float)Math.Min(1, 5 / gradients.Norm()));
        loss = step == 0 ? plan.Output("loss")[0] : (0.9 * loss) + (0.1 * plan.Output("loss")[0]);
        if (++step % 20 == 0)
        {
            Console.WriteLine($"step {step,3}  loss {loss:F3}");
        }
    }
}

IImageDataset test = Datasets.OpenTest(Samples)!;
using Evaluator evaluator = new(network, preprocessing, batchSize: 100);
Console.WriteLine($"top-1 on {test.Count} test images: {evaluator.Evaluate(test).Top1:P1}");

Directory.CreateDirectory(folder);
Checkpoint.Save(Path.Combine(folder, "model.safetensors"), info, state);
File.WriteAllBytes(Path.Combine(folder, "image.png"), PngEncoder.Encode(test.Load(0)));
Console.WriteLine($"wrote {folder}/model.safetensors; {folder}/image.png shows: {test.Classes[test.LabelOf(0)]}");
