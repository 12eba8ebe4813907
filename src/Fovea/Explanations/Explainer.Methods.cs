using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Explanations;

/// <content>Maps of each kind of method.</content>
public sealed partial class Explainer
{
    private AttentionMaps Attend(ExplainedInput input, ExplainableLayer layer, CancellationToken cancellation) =>
        new(layer, _plans.WeightsOf(input, layer.Name, cancellation), input.Region);

    private Explanation Attention(
        ExplainedInput input,
        ExplainedNetwork network,
        ExplanationOptions options,
        ExplainedDetection? detection,
        CancellationToken cancellation)
    {
        ImagePoint? query = options.At ?? detection?.Centre;
        ExplainableLayer layer = network.FindAttention(options.Layer, query is not null);
        TokenGrid queries = layer.Tokens!.Queries;
        (int Row, int Column)? cell =
            query is ImagePoint at ? ExplanationChecks.CellOf(at, input, queries.Height, queries.Width) : null;
        AttentionMaps maps = Attend(input, layer, cancellation);
        Explanation map = cell is var (row, column) ? maps.OfCell(row, column, options.Head) with { Query = query }
            : network.HasTokenOfItsOwn(layer) ? maps.OfClassToken(0, options.Head)
            : maps.Mean(options.Head);
        return map with { Detection = detection };
    }

    private Explanation[] OfClassTokens(
        ExplainedInput input, Target target, ExplanationOptions options, CancellationToken cancellation)
    {
        AttentionMaps maps = Attend(input, _network.ClassAttention!, cancellation);
        return
        [
            .. target.Classes.Select(index => maps.OfClassToken(index, options.Head) with
            {
                Method = ExplanationMethod.Classes,
                Class = Info.Classes[index],
            }),
        ];
    }

    private Explanation[] RollOut(ExplainedInput input, Target target, ExplanationOptions options, CancellationToken cancellation)
    {
        TokenPath path = _network.Path!;
        bool perClass = _network.ClassAttention is not null;
        if (!options.GradientWeighted && !perClass)
        {
            return [Of(null)];
        }

        return [.. target.Classes.Select(index => Of(index))];

        Explanation Of(int? index)
        {
            int? score = options.GradientWeighted ? index : null;
            double[] shares = _plans.RollOut(input, path, score, perClass ? index!.Value : 0, cancellation);
            TokenGrid grid = path.Attentions[0].Keys;
            double[] cells = shares[grid.ClassTokens..];
            return new Explanation
            {
                Method = ExplanationMethod.Rollout,
                Layer = _network.PathStart,
                Class = index is int one ? Info.Classes[one] : null,
                Height = grid.Height,
                Width = grid.Width,
                Values = Array.ConvertAll(cells, share => (float)share),
                ClassTokenShare = score is null ? (float)(1 - cells.Sum()) : null,
                Region = input.Region,
            };
        }
    }

    private Explanation[] Differentiate(
        ExplainedInput input,
        ExplainedNetwork network,
        Target target,
        ExplanationMethod method,
        ExplanationOptions options,
        CancellationToken cancellation)
    {
        bool integrates = method == ExplanationMethod.IntegratedGradients;
        string? layer = integrates && options.Layer is null ? null : network.FindMap(options.Layer ?? target.Layer).Name;
        using GradientRun run = _plans.RentGradient(input, layer ?? InferenceGraph.Images, target, cancellation);
        return [.. target.Classes.Select(Of)];

        Explanation Of(int index)
        {
            if (!integrates)
            {
                run.Run(input.Values, index);
            }

            float[] values = method switch
            {
                ExplanationMethod.GradCam => ClassActivation.GradCam(run.Map, run.Gradient, run.Channels),
                ExplanationMethod.GradCamPlusPlus => ClassActivation.GradCamPlusPlus(run.Map, run.Gradient, run.Channels),
                ExplanationMethod.LayerCam => ClassActivation.LayerCam(run.Map, run.Gradient, run.Channels),
                _ => IntegratedGradients.Compute(run, input.Values, index, options.Steps, cancellation),
            };
            return Answer(input, target, method, layer, index, values, (run.Height, run.Width));
        }
    }

    private Explanation[] Occlude(
        ExplainedInput input,
        ExplainedNetwork network,
        Target target,
        ExplanationOptions options,
        CancellationToken cancellation)
    {
        ExplainableLayer? layer = options.Layer is null ? null : network.FindMap(options.Layer);
        Occlusion occlusion = layer is null ? Occlusion.Of(input, options.Window, options.Stride) : Occlusion.Of(input, layer);
        float[][] maps = occlusion.Compute(
            input.Values,
            images => _plans.ScoresOf(images.Span, (input.Height, input.Width), target, cancellation),
            target.Classes,
            cancellation);
        return
        [
            .. target.Classes.Zip(maps, (index, values) => Answer(
                input, target, ExplanationMethod.Occlusion, layer?.Name, index, values, (occlusion.Rows, occlusion.Columns))),
        ];
    }

    private Explanation Answer(
        ExplainedInput input,
        Target target,
        ExplanationMethod method,
        string? layer,
        int index,
        float[] values,
        (int Height, int Width) grid) => new()
        {
            Method = method,
            Layer = layer,
            Query = target.Pixel,
            Class = Info.Classes[index],
            Detection = target.Detection,
            Height = grid.Height,
            Width = grid.Width,
            Values = values,
            Region = input.Region,
        };
}
