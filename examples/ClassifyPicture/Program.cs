// What is in a picture? Takes a checkpoint and a picture; without them those that the example TrainingLoop writes.
using Fovea.Data;
using Fovea.Tasks;

(string checkpoint, string picture) = args is [string first, string second] ? (first, second) : ("runs/example/model.safetensors", "runs/example/picture.png");

using Classifier classifier = Classifier.Load(checkpoint);
foreach (Prediction prediction in classifier.Predict(PictureFile.Read(picture), count: 3))
{
    Console.WriteLine($"{prediction.Class,-12} {prediction.Probability:P1}");
}
