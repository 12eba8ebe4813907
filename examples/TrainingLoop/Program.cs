// A training loop of one's own, over the graph, the plan and the optimiser that `fovea train` uses as well.
// Writes runs/example/model.safetensors and an image to try it on. Takes the number of steps and another folder.
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Models;
using Fovea.Training;

const string Samples = "samples/fashion-mnist";
int steps = args.Length > 0 ? int.Parse(args[0]) : 156;
string folder = args.Length > 1 ? args[1] : "runs/example";

IImageDataset images = Datasets.Open(Samples);
Preprocessing preprocessing = FashionMnist.Preprocessing with
{
    Height = 32,
    Width = 32,
    Channels = 3,
    CenterCrop = true,
    Mean = [FashionMnist.Mean, FashionMnist.Mean, FashionMnist.Mean],
    StandardDeviation = [FashionMnist.StandardDeviation, FashionMnist.StandardDeviation, FashionMnist.StandardDeviation],
};
ModelInfo info = new("cmt_nano", new ModelOptions(images.Classes.Count, 32, 32), images.Classes, preprocessing);
using Model model = Model.From(info.CreateNetwork(), info, seed: 1);

Objective objective = new ClassificationObjective(smoothing: 0.1f);
using GradientBlock gradients = new(model.Parameters.Trained);
using Plan plan = Plan.Compile(TrainingGraph.Build(model, objective, batchSize: 64), gradients: gradients);
using AdamW optimizer = new(gradients, weightDecay: 0.05, WeightDecay.Groups);
using DataLoader loader = new(images, preprocessing, new DataLoaderOptions { BatchSize = 64, Seed = 1, Layout = objective.Layout(model) });
LearningRateSchedule schedule = LearningRateSchedule.Cosine(baseRate: 3e-3, steps, warmUpSteps: steps / 10, minimumRate: 1e-5);

double loss = 0;
for (int step = 0; step < steps;)
{
    foreach (Batch batch in loader.Epoch(step / loader.BatchesPerEpoch).Take(steps - step))
    {
        plan.Fill(batch);
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
using ClassificationEvaluator evaluator = new(test, batchSize: 100);
Console.WriteLine($"top-1 on {test.Count} test images: {evaluator.Evaluate(model).Top1:P1}");

Directory.CreateDirectory(folder);
Checkpoint.Save(Path.Combine(folder, "model.safetensors"), model);
File.WriteAllBytes(Path.Combine(folder, "image.png"), PngEncoder.Encode(test.Load(0)));
Console.WriteLine($"wrote {folder}/model.safetensors; {folder}/image.png shows: {test.Classes[test.LabelOf(0)]}");
