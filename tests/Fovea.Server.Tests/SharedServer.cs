using Fovea.Tasks;

namespace Fovea.Server.Tests;

/// <summary>
/// One server for the tests of a class. It waits long for images that are being decoded, so that those of a request surely run together.
/// </summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal RunningServer Running { get; private set; } = null!;

    internal HttpClient Http => Running.Http;

    /// <summary>Model of the served network, outside of the server.</summary>
    internal Classifier Classifier { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Running = await RunningServer.StartAsync("--Fovea:MaxDelay=60000", "--Fovea:MaxPixels=1000000");
        Classifier = Classifier.Load(Running.ModelPath);
    }

    public async ValueTask DisposeAsync()
    {
        Classifier.Dispose();
        await Running.DisposeAsync();
    }

    internal static MultipartFormDataContent Form(params IReadOnlyList<byte[]> images)
    {
        MultipartFormDataContent form = [];
        for (int i = 0; i < images.Count; i++)
        {
            form.Add(new ByteArrayContent(images[i]), "image", $"{i}.png");
        }

        return form;
    }
}
