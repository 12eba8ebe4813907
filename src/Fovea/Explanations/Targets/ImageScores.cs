using Fovea.Data;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>Scores of a classifier: the class logits.</summary>
/// <param name="model">A model with a classifier.</param>
internal sealed class ImageScores(Model model) : TargetScores(model)
{
    /// <inheritdoc/>
    public override ExplainedInput Prepare(Image image) => ExplainedInput.Of(Model.Info.Preprocessing, image);

    /// <inheritdoc/>
    public override Value Build(Value images) => Model.Network.Forward(images);

    /// <inheritdoc/>
    public override Target Find(
        Image image,
        ExplainedInput input,
        ExplanationOptions options,
        ExplainedNetwork network,
        ExplainerPlans plans,
        CancellationToken cancellation)
    {
        if (options.Classes.Count > 0)
        {
            return new Target(Named(options));
        }

        float[] scores = plans.ScoresOf(input.Values, (input.Height, input.Width), null, cancellation);
        return new Target([Array.IndexOf(scores, scores.Max())]);
    }
}
