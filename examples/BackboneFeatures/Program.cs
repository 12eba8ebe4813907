// The maps of a backbone's stages and its pooled features, for a detector, a segmenter or a search for similar images.
// Takes the name of a model, here with fresh weights; FeatureExtractor.Load takes a checkpoint instead.
using System.Numerics.Tensors;
using Fovea.Data;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;

using FeatureExtractor backbone = FeatureExtractor.Create(args is [string name] ? name : "cmt_s");
Image image = new(64, 48, 3, [.. Enumerable.Range(0, 64 * 48 * 3).Select(i => (byte)(i * 7))]);
BackboneFeatures features = backbone.Extract(image);

foreach (StageDescription stage in backbone.Stages)
{
    Tensor<float> map = features[stage.Name];
    string shape = string.Join('x', map.Lengths.ToArray());
    Console.WriteLine($"{stage.Name}  stride {stage.Stride,2}  {shape,-10}  largest {Tensor.Max<float>(map):F3}");
}

Console.WriteLine($"pooled  {string.Join('x', features.Pooled.Lengths.ToArray())}, norm {Tensor.Norm<float>(features.Pooled):F3}");

// Several images run together; their features have the images as first axis.
BackboneFeatures batch = backbone.Extract([image, image]);
Console.WriteLine($"two images: {string.Join(", ", batch.Stages.Values.Select(map => string.Join('x', map.Lengths.ToArray())))}");

// Every attention tells what its queries and keys stand for, whatever the family.
foreach (IGrouping<string, AttentionLayout> alike in backbone.Attentions.GroupBy(Describe))
{
    Console.WriteLine($"{alike.Count(),2} x {alike.Key}, first in {alike.First().Path}");
}

static string Describe(AttentionLayout attention)
{
    (TokenGrid queries, TokenGrid keys) = (attention.Tokens.Queries, attention.Tokens.Keys);
    string groups = attention.Tokens.Groups is TokenGroups split
        ? $" in groups of {split.Height}x{split.Width}, {split.Interval} apart"
        : "";
    return $"{attention.Heads} heads, {queries.Height}x{queries.Width} queries on {keys.Height}x{keys.Width} keys{groups}";
}
