// What is in an image? Takes a checkpoint and an image; without them those that the example TrainingLoop writes.
using Fovea.Data;
using Fovea.Tasks;

(string checkpoint, string image) = args is [string first, string second] ? (first, second) : ("runs/example/model.safetensors", "runs/example/image.png");

using Classifier classifier = Classifier.Load(checkpoint);
foreach (Prediction prediction in classifier.Predict(ImageFile.Read(image), count: 3))
{
    Console.WriteLine($"{prediction.Class,-12} {prediction.Probability:P1}");
}
