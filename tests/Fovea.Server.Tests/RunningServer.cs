using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fovea.Server.Tests;

/// <summary>The program on a free port of this machine, with what it serves in a folder of its own.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly string _folder;

    private RunningServer(string folder, WebApplication app)
    {
        (_folder, App) = (folder, app);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public string ModelPath => Path.Combine(_folder, "tiny.safetensors");

    public static async Task<RunningServer> StartAsync(params string[] options)
    {
        string folder = NewFolder();
        SaveClassifier(Path.Combine(folder, "tiny.safetensors"), seed: 1);
        return await StartAsync(folder, [$"--Fovea:Checkpoints:0={Path.Combine(folder, "tiny.safetensors")}", .. options]);
    }

    public static async Task<RunningServer> StartAsync(string folder, string[] options)
    {
        WebApplication app = ServerProgram.Build(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Error", .. options]);

        // Tests hold bodies back for as long as they like; a machine that is busy shall not make a client of them that is too slow.
        app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MinRequestBodyDataRate = null;
        await app.StartAsync();
        RunningServer server = new(folder, app);
        await server.UntilAsync(async () => (await server.Http.GetAsync("/v2/health/ready")).IsSuccessStatusCode);
        return server;
    }

    public static string NewFolder() => Directory.CreateTempSubdirectory("fovea-server-").FullName;

    public static void SaveClassifier(string path, ulong seed)
    {
        using Model model = Model.Create("cmt_nano", new ModelOptions(Classes: 7), seed);
        Checkpoint.Save(path, model);
    }

    /// <summary>PNG images that differ.</summary>
    public static byte[][] Images(int count) =>
    [
        .. Enumerable.Range(0, count).Select(number =>
        {
            byte[] pixels = new byte[40 * 36 * 3];
            new Random(number).NextBytes(pixels);
            return PngEncoder.Encode(new Image(40, 36, 3, pixels));
        }),
    ];

    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 1500; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(20);
        }

        Assert.Fail("It did not come about within half a minute.");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
