using Fovea.Checkpoints;
using Fovea.Models;
using Fovea.Server.Tests;
using Microsoft.Playwright;

namespace Fovea.Page.Tests;

/// <summary>The server with the networks that ship, and Debian's Chromium, for all tests of the page.</summary>
public sealed class ServedPage : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    // Milliseconds: a busy machine is slow, not wrong.
    private const float Patience = 20_000;
    private RunningServer _server = null!;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>True where there is a browser to test in.</summary>
    public static bool HasBrowser => File.Exists(Chromium);

    /// <summary>Path of a file of the repository.</summary>
    public static string PathOf(string file)
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Fovea.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("These tests run inside the repository.");
        }

        return Path.Combine(folder, file);
    }

    public async ValueTask InitializeAsync()
    {
        if (!HasBrowser)
        {
            return;
        }

        string folder = RunningServer.NewFolder();
        string street = Path.Combine(folder, "street.safetensors");
        SaveSegmenter(street);
        _server = await RunningServer.StartAsync(
            folder,
            [
                $"--Fovea:Checkpoints:0=cifar10={PathOf("models/cifar10/cmt_nano/model.safetensors")}",
                $"--Fovea:Checkpoints:1=bccd={PathOf("models/bccd/retinanet_resnet_nano/model.safetensors")}",
                $"--Fovea:Checkpoints:2=street={street}",
            ]);
        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
            _playwright!.Dispose();
            await _server.DisposeAsync();
        }
    }

    /// <summary>Opens the page in a window of its own.</summary>
    /// <param name="options">Size, colours, permissions; a desktop's where null.</param>
    /// <param name="server">The server; the one with the networks that ship where null.</param>
    /// <param name="expectsErrors">True where the test makes the server refuse something, which browsers note in the console.</param>
    internal async Task<OpenPage> OpenAsync(
        BrowserNewContextOptions? options = null, RunningServer? server = null, bool expectsErrors = false)
    {
        Uri address = (server ?? _server).Http.BaseAddress!;
        IBrowserContext context = await _browser!.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 820 } });
        context.SetDefaultTimeout(Patience);
        OpenPage opened = new(context, await context.NewPageAsync(), address) { ExpectsErrors = expectsErrors };
        await opened.Page.GotoAsync(address.ToString());
        return opened;
    }

    /// <summary>Saves a small network of chance weights, which tells some class at every pixel.</summary>
    private static void SaveSegmenter(string path)
    {
        SegmenterOptions small = new() { Channels = 8, NeckChannels = 8 };
        using Model model = Model.Create("semantic_fpn:resnet_nano", new ModelOptions(4, 64, 64, Segmenter: small), seed: 2);
        Checkpoint.Save(path, model);
    }
}

/// <summary>All classes share one server and one browser, and so run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PageCollection : ICollectionFixture<ServedPage>
{
    public const string Name = "page";
}
