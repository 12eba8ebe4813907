using System.Text.Json;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Load;

/// <summary>An image to send, with its right answers, worked out before and outside of the server.</summary>
/// <param name="Image">The encoded image.</param>
/// <param name="Answers">Its most probable class by each model that may answer.</param>
internal sealed record Question(byte[] Image, IReadOnlyList<Prediction> Answers)
{
    /// <summary>Asks models for the right answers.</summary>
    /// <param name="images">Encoded images.</param>
    /// <param name="checkpoints">Models that may answer.</param>
    /// <exception cref="LoadException">Two images have the same answer, so that one's answer could pass for the other's.</exception>
    public static IReadOnlyList<Question> Of(IReadOnlyList<byte[]> images, params IReadOnlyList<string> checkpoints)
    {
        Prediction[][] answers = [.. checkpoints.Select(checkpoint => AnswersOf(checkpoint, images))];
        return answers.SelectMany(one => one).Distinct().Count() == images.Count * checkpoints.Count
            ? [.. images.Select((image, i) => new Question(image, [.. answers.Select(one => one[i])]))]
            : throw new LoadException("Two of the images have the same answer. Take images that differ.");
    }

    /// <summary>Which model an answer is of: the number of its right answer, or −1 where it is the answer to another image.</summary>
    /// <param name="answer">Body of the server's answer.</param>
    /// <param name="tolerance">Part of a probability that it may differ by; 0 for the same bits.</param>
    public int AnsweredBy(ReadOnlyMemory<byte> answer, double tolerance = 0)
    {
        using JsonDocument json = JsonDocument.Parse(answer);
        JsonElement best = json.RootElement.GetProperty("predictions")[0].GetProperty("classes")[0];
        float probability = best.GetProperty("probability").GetSingle();
        for (int i = 0; i < Answers.Count; i++)
        {
            if (best.GetProperty("class").ValueEquals(Answers[i].Class)
                && Math.Abs(probability - Answers[i].Probability) <= tolerance * Answers[i].Probability)
            {
                return i;
            }
        }

        return -1;
    }

    private static Prediction[] AnswersOf(string checkpoint, IReadOnlyList<byte[]> images)
    {
        using Model model = Checkpoint.Load(checkpoint);
        using Classifier classifier = new(model);
        return [.. images.Select(image => classifier.Predict(ImageFile.Decode(image, "image"), 1)[0])];
    }
}
