// What is in these images? Takes a checkpoint, of Fovea or of PyTorch, and images; without them those that the example TrainingLoop writes.
using Fovea.Data;
using Fovea.Tasks;

(string checkpoint, string[] paths) = args is [string first, .. string[] rest] && rest.Length > 0
    ? (first, rest)
    : ("runs/example/model.safetensors", ["runs/example/image.png"]);

using Classifier classifier = Classifier.Load(checkpoint);
foreach (IReadOnlyList<Prediction> predictions in classifier.Predict([.. paths.Select(ImageFile.Read)], count: 3))
{
    foreach (Prediction prediction in predictions)
    {
        Console.WriteLine($"{prediction.Class,-12} {prediction.Probability:P1}");
    }
}
