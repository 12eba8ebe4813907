using System.Text.Json;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Tests.Formats;

namespace Fovea.Tests.Tasks;

/// <summary>
/// Holds the three detectors against torchvision's own, with the same random weights, on images of different sizes: two made up, or those
/// of the folder that FOVEA_IMAGES names.
/// </summary>
public sealed class TorchvisionDetectorTests
{
    private const int Side = 320;
    private const float BoxTolerance = 0.01f;
    private const float ScoreTolerance = 1e-4f;
    private const double MaskTolerance = 1e-3;

    // Batch norms take the statistics of the images, so that features neither grow nor vanish, and residual branches are weak, so that
    // rounding does not grow with depth. Logits are spread, so that there are detections. Masks are written as bytes of 0 and 1.
    private const string Program = """
        import glob, json, os, sys
        import numpy, torch, torchvision
        from PIL import Image
        from torchvision.models import detection
        folder, network, side = sys.argv[1], sys.argv[2], int(sys.argv[3])
        torch.manual_seed(5)
        numpy.random.seed(5)
        if sys.argv[4:]:
            paths = sorted(path for path in glob.glob(sys.argv[4] + "/*") if path.endswith((".png", ".jpg")))
            pictures = [Image.open(path).convert("RGB") for path in paths]
        else:
            pictures = []
            for height, width in [(150, 211), (256, 190)]:
                y, x = numpy.mgrid[:height, :width]
                rings = [numpy.sin(((x - c * 60) ** 2 + (y - c * 40) ** 2) / (150.0 + 90 * c)) for c in range(3)]
                noise = numpy.random.rand(height, width, 3)
                pictures.append(Image.fromarray((90 * numpy.stack(rings, 2) + 100 + 60 * noise).astype(numpy.uint8)))
        images = []
        for i, picture in enumerate(pictures):
            picture.save(f"{folder}/{i}.png")
            images.append(torch.from_numpy(numpy.array(picture)).permute(2, 0, 1).float() / 255)
        spreads = {
            "rpn.head.cls_logits": 2, "rpn.head.bbox_pred": 0.3, "roi_heads.box_predictor.cls_score": 1.5,
            "roi_heads.box_predictor.bbox_pred": 1, "roi_heads.mask_predictor.mask_fcn_logits": 3,
            "head.classification_head.cls_logits": 1, "head.regression_head.bbox_reg": 0.3}
        model = getattr(detection, network)(weights=None, weights_backbone=None, min_size=side, max_size=side * 1333 // 800)
        norms = [(name, module) for name, module in model.named_modules() if isinstance(module, torch.nn.BatchNorm2d)]
        with torch.no_grad():
            for name, norm in norms:
                norm.momentum = None
                norm.weight.uniform_(0.5, 1.5).mul_(0.2 if name.endswith("bn3") else 1)
                norm.bias.uniform_(-0.3, 0.3)
            model.backbone.body.train()
            for image in images:
                model.backbone.body(model.transform([image])[0].tensors)
            model.eval()
            for name, deviation in spreads.items():
                if name in (modules := dict(model.named_modules())):
                    seen = []
                    handle = modules[name].register_forward_hook(lambda module, given, result: seen.append(result.flatten()))
                    model(images[:1])
                    handle.remove()
                    modules[name].weight *= deviation / torch.cat(seen).std()
            torch.save(model.state_dict(), f"{folder}/{network}.pth")
            answers = []
            for i, image in enumerate(images):
                found = model([image])[0]
                if "masks" in found:
                    (found["masks"] > 0.5).to(torch.uint8).numpy().tofile(f"{folder}/{i}.masks")
                answers.append({key: found[key].tolist() for key in ("boxes", "scores", "labels")})
        json.dump(answers, open(f"{folder}/found.json", "w"))
        """;

    [TorchvisionFact]
    public void RetinaNet_finds_what_torchvision_finds() => Compare("retinanet_resnet50_fpn", "retinanet:resnet50", classes: 91);

    [TorchvisionFact]
    public void Faster_R_CNN_finds_what_torchvision_finds() => Compare("fasterrcnn_resnet50_fpn", "faster_rcnn:resnet50", classes: 90);

    [TorchvisionFact]
    public void Mask_R_CNN_finds_what_torchvision_finds() => Compare("maskrcnn_resnet50_fpn", "mask_rcnn:resnet50", classes: 90);

    private static void Compare(string network, string name, int classes)
    {
        using TemporaryFolder folder = new();
        string[] images = Environment.GetEnvironmentVariable("FOVEA_IMAGES") is string own ? [own] : [];
        (int exitCode, string output) = TorchFactAttribute.Run(Program, [folder.Path, network, $"{Side}", .. images]);
        Assert.True(exitCode == 0, output);
        using Model model = Checkpoint.Load(folder.File($"{network}.pth"), new ImportOptions(Size: (Side, Side)));
        Assert.Equal((name, classes), (model.Info.Name, model.Info.Classes.Count));
        Assert.Equal(["person", "bicycle"], model.Info.Classes.Skip(classes - 90).Take(2));
        using Detector detector = new(model);
        using JsonDocument found = JsonDocument.Parse(File.ReadAllText(folder.File("found.json")));
        int image = 0;
        foreach (JsonElement expected in found.RootElement.EnumerateArray())
        {
            Image picture = ImageFile.Read(folder.File($"{image}.png"));
            byte[] masks = detector.HasMasks ? File.ReadAllBytes(folder.File($"{image}.masks")) : [];
            Compare(expected, masks, picture, detector.Detect(picture), labelOffset: 91 - classes);
            image++;
        }
    }

    /// <summary>Compares the detections of an image; equal ones may stand in another order where their scores are next to equal.</summary>
    private static void Compare(
        JsonElement expected, byte[] masks, Image picture, IReadOnlyList<Fovea.Tasks.Detection> found, int labelOffset)
    {
        float[][] boxes =
        [
            .. expected.GetProperty("boxes").EnumerateArray().Select(
                box => box.EnumerateArray().Select(edge => edge.GetSingle()).ToArray()),
        ];
        float[] scores = [.. expected.GetProperty("scores").EnumerateArray().Select(score => score.GetSingle())];
        int[] labels = [.. expected.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32())];
        Assert.True(scores.Length > 20, $"There are only {scores.Length} detections.");
        Assert.Equal(scores.Length, found.Count);
        List<Fovea.Tasks.Detection> left = [.. found];
        for (int i = 0; i < scores.Length; i++)
        {
            int index = left.FindIndex(one => one.Box.Label == labels[i] - labelOffset
                && Math.Abs(one.Score - scores[i]) < ScoreTolerance
                && Math.Abs(one.Box.Left - boxes[i][0]) < BoxTolerance
                && Math.Abs(one.Box.Top - boxes[i][1]) < BoxTolerance
                && Math.Abs(one.Box.Right - boxes[i][2]) < BoxTolerance
                && Math.Abs(one.Box.Bottom - boxes[i][3]) < BoxTolerance);
            Assert.True(
                index >= 0,
                $"No detection is like {i}: {labels[i] - labelOffset}, {scores[i]}, [{string.Join(", ", boxes[i])}]. Others are "
                    + string.Join("; ", left.Where(one => one.Box.Label == labels[i] - labelOffset)));
            if (masks.Length > 0)
            {
                int area = picture.Height * picture.Width;
                byte[] mask = new byte[area];
                left[index].Mask!.CopyTo(mask);
                int different = mask.Zip(masks[(i * area)..((i + 1) * area)]).Count(pair => pair.First != pair.Second);
                Assert.True(different <= MaskTolerance * area, $"The mask of {i} has {different} other pixels of {area}.");
            }

            left.RemoveAt(index);
        }
    }
}
