using System.Net;
using Fovea.Client;
using Fovea.Data;
using Fovea.Explanations;

namespace Fovea.Server.Tests;

public sealed class ClientTests(SharedServer server) : IClassFixture<SharedServer>
{
    [Fact]
    public async Task The_client_gets_what_the_model_says()
    {
        FoveaClient client = new(server.Http);
        byte[][] images = RunningServer.Images(2);

        Assert.True(await client.IsReadyAsync());
        Assert.Equal(("tiny", 7), (await client.ListModelsAsync()).Select(model => (model.Name, model.Classes.Count)).Single());
        IReadOnlyList<ClassScore> one = await client.PredictAsync("tiny", images[0], top: 2);
        ClassifiedImages several = await client.PredictAsync(
            "tiny", [new EncodedImage("a", images[0]), new EncodedImage("b", images[1]), new EncodedImage("c", new byte[9])], top: 2);

        Assert.Equal(
            server.Classifier.Predict(ImageFile.Decode(images[0], ""), 2).Select(best => (best.Class, best.Probability)),
            one.Select(score => (score.Class, score.Probability)));
        Assert.Equal(["a", "b"], several.Predictions.Select(image => image.Image));
        Assert.Equal(one, several.Predictions[0].Classes);
        Assert.Equal("c", Assert.Single(several.Failures!).Image);
    }

    [Fact]
    public async Task The_client_gets_the_maps_that_it_asks_for()
    {
        FoveaClient client = new(server.Http);
        byte[] image = RunningServer.Images(1)[0];
        using Explainer explainer = Explainer.Load(server.Running.ModelPath);
        ExplanationOptions options = new() { Method = ExplanationMethod.GradCam, Classes = ["3", "5"], Layer = "stage3" };
        IReadOnlyList<Explanation> expected = explainer.Explain(ImageFile.Decode(image, ""), options);

        IReadOnlyList<ExplanationMap> maps = await client.ExplainAsync(
            "tiny", image, new ExplanationRequest { Method = "grad-cam", Classes = ["3", "5"], Layer = "stage3" });
        ExplanationMap attention = Assert.Single(
            await client.ExplainAsync("tiny", image, new ExplanationRequest { Method = "attention", Head = 0, At = (10.5, 20) }));

        Assert.Equal(
            expected.Select(map => (map.Class, map.Layer, map.Height, map.Width)),
            maps.Select(map => (map.Class, map.Layer, map.Height, map.Width)));
        Assert.Equal(expected.SelectMany(map => map.Values.ToArray()), maps.SelectMany(map => map.Values));
        Assert.Equal(0, attention.Head);
        Assert.Equal([10.5, 20], attention.Query);
    }

    [Fact]
    public async Task What_the_server_refuses_is_an_error_in_its_words()
    {
        FoveaClient client = new(server.Http);

        FoveaServerException missing =
            await Assert.ThrowsAsync<FoveaServerException>(() => client.PredictAsync("other", RunningServer.Images(1)[0]));
        FoveaServerException task =
            await Assert.ThrowsAsync<FoveaServerException>(() => client.DetectAsync("tiny", RunningServer.Images(1)[0]));

        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Contains("tiny", missing.Message, StringComparison.Ordinal);
        Assert.Contains("predict", task.Message, StringComparison.Ordinal);
    }
}
